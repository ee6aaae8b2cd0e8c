import { z } from "zod";

/** Of the layout of the file. A reader refuses a number that it does not know. */
export const formatVersion = 1;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/);
const count = z.int().nonnegative();

const tableSchema = z.object({
  name,
  columns: z.array(name).min(1),
  rows: count,
  /** Of the text of COPY, as is its hash. */
  bytes: count,
  sha256: hex(32),
  /** Of the rows, in any order, as the database computes it (row-digest.ts). */
  digest: z.string().min(1),
});

const sequenceSchema = z.object({ name, lastValue: z.string().regex(/^-?\d+$/) });

/** Identifies a secret without revealing anything about it. */
const checkValue = hex(16);

/** What a backup contains. It is the entry `manifest.json` of the file. */
export const manifestSchema = z.object({
  format: z.literal("moego-backup"),
  formatVersion: z.literal(formatVersion),
  /** Version of moego. */
  version: z.string(),
  postgresVersion: z.string(),
  /** The time of the snapshot: what was committed before is in the backup, and nothing else. */
  snapshotTime: z.iso.datetime(),
  /** The schema: the migrations of this package in their order. */
  migrations: z.array(z.object({ name: z.string().max(255), checksum: hex(32) })).min(1),
  tables: z.array(tableSchema),
  /** Those that have given a value. */
  sequences: z.array(sequenceSchema),
  secrets: z.object({ secretKey: checkValue, previousSecretKeys: z.array(checkValue), pageTokenSecret: checkValue }),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type BackedUpTable = Readonly<z.infer<typeof tableSchema>>;

/** The entry of a table's rows. */
export function entryOf(table: string): string {
  return `tables/${table}.copy`;
}

export const manifestEntry = "manifest.json";

/** The hash of `manifest.json`, in the format of sha256sum. */
export const manifestHashEntry = "manifest.json.sha256";
