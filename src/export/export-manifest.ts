import { z } from "zod";
import { type ExportFormat, exportFormats } from "../resources/exports/export.model.js";

/** Of the layout of the folder. A reader refuses a number that it does not know. */
export const formatVersion = 1;

const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
const count = z.int().nonnegative();

/** What an export contains. It is the file `manifest.json` of its folder. */
export const manifestSchema = z.object({
  format: z.literal("moego-export"),
  formatVersion: z.literal(formatVersion),
  /** Version of moego. */
  version: z.string(),
  companyId: z.string().regex(/^[A-Za-z0-9_.-]{1,30}$/),
  /** Absent for a whole company. */
  person: z.object({ kind: z.enum(["CUSTOMER", "LEAD"]), id: z.string() }).optional(),
  rowFormat: z.enum(exportFormats.words),
  /** What was committed before is in the export, and nothing else. */
  snapshotTime: z.iso.datetime(),
  /** Identifies the key of the hashes of opt-outs without revealing anything about it. Absent if the company has none. */
  optOutKey: hex(16).optional(),
  tables: z.array(z.object({ name, columns: z.array(name).min(1), rows: count, bytes: count, sha256: hex(32) })).min(1),
});

export type ExportManifest = Readonly<z.infer<typeof manifestSchema>>;
export type ManifestTable = Readonly<ExportManifest["tables"][number]>;

export const manifestName = "manifest.json";

/** The hash of `manifest.json`, in the format of sha256sum. */
export const manifestHashName = "manifest.json.sha256";

/** `customer.csv`. */
export function fileNameOf(table: string, format: ExportFormat): string {
  return `${table}.${format.toLowerCase()}`;
}
