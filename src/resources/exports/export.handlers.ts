import type { MessageInitShape } from "@bufbuild/protobuf";
import { toTimestamp } from "../../api/google-types.js";
import type { ResumeTokens } from "../../api/resume-token.js";
import { type StreamHandlers, stream } from "../../api/rpc.js";
import {
  ExportCompanyRequestSchema,
  type ExportCompanyResponseSchema,
  type ExportService,
} from "../../gen/proto/moego/admin/v1/export_service_pb.js";
import { exportScopeSchema, positionSchema } from "./export.input.js";
import type { ResumedExport, TableOfExport } from "./export.model.js";
import type { ExportPart, Exports } from "./export.service.js";

interface ExportParts {
  readonly exports: Exports;
  readonly tables: readonly TableOfExport[];
  readonly resumeTokens: ResumeTokens;
}

/** Handlers of `moego.admin.v1.ExportService`. */
export function createExportHandlers({
  exports,
  tables,
  resumeTokens,
}: ExportParts): StreamHandlers<typeof ExportService> {
  const scopeSchema = exportScopeSchema(tables);
  return {
    exportCompany: stream(
      (request, _context, parse) => {
        const scope = parse(scopeSchema);
        const position = resumeTokens.open(ExportCompanyRequestSchema, request);
        const resumed = position === undefined ? undefined : positionSchema.parse(position);
        return { scope, resumed, seal: resumeTokens.sealFor(ExportCompanyRequestSchema, request) };
      },
      async function* ({ scope, resumed, seal }, { principal, write }) {
        for await (const part of exports.runFor(scope, resumed, principal, write)) yield toProto(part, seal);
      },
    ),
  };
}

function toProto(
  { bytes, rows, next, snapshotTime, ...same }: ExportPart,
  seal: (position: object) => string,
): MessageInitShape<typeof ExportCompanyResponseSchema> {
  return {
    ...same,
    text: bytes.toString(),
    rows: BigInt(rows),
    resumeToken: next ? seal(positionOf(next)) : "",
    snapshotTime: toTimestamp(snapshotTime),
  };
}

function positionOf({ snapshotId, snapshotTime, table, rows, useId }: ResumedExport) {
  return { s: snapshotId, t: snapshotTime.getTime(), i: table, r: rows, u: useId };
}
