import { z } from "zod";
import { id, list } from "../../api/fields.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { RecordKindSchema } from "../../gen/proto/moego/admin/v1/audit_service_pb.js";
import { ExportFormatSchema } from "../../gen/proto/moego/admin/v1/export_service_pb.js";
import { recordKinds } from "../audit/change.model.js";
import { type ExportedPerson, type ExportScope, exportFormats, type TableOfExport } from "./export.model.js";

const format = protoEnum(ExportFormatSchema, exportFormats);
const recordKind = protoEnum(RecordKindSchema, recordKinds);

const person = z
  .object({ kind: recordKind.required, id })
  .transform(({ kind, id: personId }, context): ExportedPerson => {
    if (kind === "CUSTOMER" || kind === "LEAD") return { kind, id: personId };
    const message = "Must be RECORD_KIND_CUSTOMER or RECORD_KIND_LEAD.";
    context.addIssue({ ...customIssue("NOT_ALLOWED", message), path: ["kind"] });
    return z.NEVER;
  });

const maxTables = 100;

/** What an export contains. Its tables are in the order of the export, whatever the order of the request. */
export function exportScopeSchema(tables: readonly TableOfExport[]) {
  const name = z.string().superRefine((value, context) => {
    if (!tables.some((table) => table.name === value))
      context.addIssue(customIssue("NOT_FOUND", "Must be a table of the export."));
  });
  return z
    .object({
      companyId: id,
      format: format.withDefault("JSONL"),
      tables: list(name, maxTables),
      person: person.optional(),
    })
    .transform(({ companyId, format: word, tables: asked, person: one }): ExportScope => {
      const fitting = tables.filter(({ isOfPerson }) => isOfPerson || one === undefined);
      const chosen = fitting.filter((table) => asked.length === 0 || asked.includes(table.name));
      return { companyId, format: word, tables: chosen.map((table) => table.name), ...(one ? { person: one } : {}) };
    })
    .superRefine(({ tables: chosen }, context) => {
      const message = "Must include a table with data of the person.";
      if (chosen.length === 0) context.addIssue({ ...customIssue("NOT_ALLOWED", message), path: ["tables"] });
    });
}

/** The position in a resume token, which this server has signed. */
export const positionSchema = z
  .object({ s: z.string(), t: z.number(), i: z.number(), r: z.number(), u: z.string() })
  .transform(({ s, t, i, r, u }) => ({ snapshotId: s, snapshotTime: new Date(t), table: i, rows: r, useId: u }));
