import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { id, omitEmpty, optionalId } from "../../api/fields.js";
import { interval, toTimestamp } from "../../api/google-types.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { protoEnum } from "../../api/proto-enum.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import type { SealedPositions } from "../../api/sealed-position.js";
import type { Page } from "../../core/page.js";
import {
  type AuditService,
  type ChangeSchema,
  type KeyUseSchema,
  RecordKindSchema,
} from "../../gen/proto/moego/admin/v1/audit_service_pb.js";
import { type AuditRecord, type RecordedChange, recordKinds } from "./change.model.js";
import type { ChangeLog } from "./change.service.js";
import type { KeyUse } from "./key-use.model.js";
import type { KeyUses } from "./key-use.service.js";

interface AuditParts {
  readonly changes: ChangeLog;
  readonly keyUses: KeyUses;
  readonly pageTokens: PageTokens;
  readonly positions: SealedPositions;
}

/** Handlers of `moego.admin.v1.AuditService`. */
export function createAuditHandlers({
  changes,
  keyUses,
  pageTokens,
  positions,
}: AuditParts): ServiceHandlers<typeof AuditService> {
  return {
    listChanges: paged(pageTokens, changeQuery, {
      find: (filter, page, { principal, signal }) =>
        changes.list({ filter, page: openedPage(page, positions) }, principal, signal),
      order: ({ changedTime, number }) => ({ time: changedTime, id: positions.seal(number) }),
      respond: (rows, nextPageToken) => ({ changes: rows.map(toProtoChange), nextPageToken }),
    }),

    listKeyUse: paged(pageTokens, keyUseQuery, {
      find: (filter, page, { principal, signal }) => keyUses.list({ filter, page }, principal, signal),
      order: ({ usedTime, id: useId }) => ({ time: usedTime, id: useId }),
      respond: (rows, nextPageToken) => ({
        uses: rows.map(toProtoUse),
        lastUsedTimes: Object.fromEntries(
          rows.flatMap(({ keyId, keyLastUsedTime: time }) => (time ? [[keyId, toTimestamp(time)]] : [])),
        ),
        nextPageToken,
      }),
    }),
  };
}

function openedPage(page: Page, positions: SealedPositions): Page {
  const { after } = page;
  return after ? { ...page, after: { ...after, id: positions.open(after.id) } } : page;
}

const recordKind = protoEnum(RecordKindSchema, recordKinds);

const auditFilter = {
  companyId: id,
  record: z.object({ kind: recordKind.required, id }).optional(),
  keyId: optionalId,
  pagination,
};

const changeQuery = z
  .object({ ...auditFilter, staffId: optionalId, changedTime: interval.optional() })
  .transform(({ pagination: _, companyId, ...filter }) => ({ companyId, ...omitEmpty(filter) }));

const keyUseQuery = z
  .object({ ...auditFilter, usedTime: interval.optional() })
  .transform(({ pagination: _, companyId, ...filter }) => ({ companyId, ...omitEmpty(filter) }));

function toProtoChange(change: RecordedChange): MessageInitShape<typeof ChangeSchema> {
  const { number: _, record, related, changedTime, version, changedFields, ...same } = change;
  return {
    ...same,
    record: toProtoRecord(record),
    changedTime: toTimestamp(changedTime),
    version: version.toString(),
    changedFields: [...changedFields],
    ...(related ? { related: toProtoRecord(related) } : {}),
  };
}

function toProtoUse(use: KeyUse): MessageInitShape<typeof KeyUseSchema> {
  const { usedTime, records, exportedRows, keyLastUsedTime: _, ...same } = use;
  const rows = Object.entries(exportedRows).map(([table, count]) => [table, BigInt(count)]);
  return {
    ...{ ...same, usedTime: toTimestamp(usedTime), records: records.map(toProtoRecord) },
    exportedRows: Object.fromEntries(rows),
  };
}

function toProtoRecord({ kind, id: recordId }: AuditRecord) {
  return { kind: recordKind.toProto(kind), id: recordId };
}
