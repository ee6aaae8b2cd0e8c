import { requireFound } from "../../core/company-resource.js";
import { consentChannels } from "../../core/consent.js";
import { consentSources } from "../../core/consent-provenance.js";
import { lineKinds } from "../../core/contact-line.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { updatedTime } from "../../db/audit-log.js";
import { contactHash, contactHashes, type HashKey } from "../../db/contact-hash.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/idempotent-write.js";
import { waitForBatches } from "../../db/opt-out-batch.js";
import type { OptOutKeys } from "../../db/opt-out-key.js";
import { hashesOf, toChannels } from "../../db/opt-out-list.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import { readLineFacts } from "./line-facts.repository.js";
import { changeHolders } from "./line-holders.repository.js";
import type { OptOut, OptOutRepository, OptOutRequest } from "./opt-out.model.js";

/** Opt-outs by number or email address, each in one transaction with what it changes. */
export function createOptOutRepository(database: Database, keys: OptOutKeys): OptOutRepository {
  return {
    record: (request, optedOut, write) =>
      once(database, write, {
        lock: (tx) => lockLine(tx, keys, request),
        async work({ tx, locked: key, now, record }) {
          const id = await storeEntry(tx, { request, optedOut, key, now, write });
          await changeHolders(tx, { ...request, optedOut, key, now, write });
          return record({ companyId: request.companyId, kind: "opt_out", ids: [id] });
        },
        response: ({ tx, ids: [id = ""] }) => readOptOut(tx, request.companyId, id),
      }),

    async list(companyId, page, signal) {
      const rows = page.after
        ? await database.read<OptOutRow>(nextPage, [companyId, page.size + 1, page.after.time, page.after.id], signal)
        : await database.read<OptOutRow>(firstPage, [companyId, page.size + 1, page.offset], signal);
      return rows.map(toOptOut);
    },

    factsOf: (question, accessFilter, signal) => readLineFacts(database, keys, { question, accessFilter, signal }),
  };
}

/** Waits for other entries of the line, and for records that are getting it (the migration opt_outs). */
async function lockLine(
  tx: Prisma.TransactionClient,
  keys: OptOutKeys,
  { companyId, line }: OptOutRequest,
): Promise<HashKey> {
  const key = await keys.findOrCreate(tx, companyId);
  await waitForBatches(tx, companyId);
  for (const { contact } of hashesOf(key, [line])) {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('opt-out'), hashtext(${contact}))`;
  }
  return key;
}

interface NewEntry {
  readonly request: OptOutRequest;
  readonly optedOut: boolean;
  readonly key: HashKey;
  readonly now: Date;
  readonly write: WriteContext;
}

/** The entries of a line have the order of their effects, whatever the clock says. */
async function storeEntry(
  tx: Prisma.TransactionClient,
  { request: { companyId, line, channels, source }, optedOut, key, now, write }: NewEntry,
): Promise<string> {
  const id = newId(idPrefixes.optOut);
  const { rpc, keyId, requestId } = write;
  const last = await tx.optOut.findFirst({
    where: { companyId, contact: { in: [...contactHashes(key, line)] } },
    orderBy: { occurredTime: "desc" },
    select: { occurredTime: true },
  });
  await tx.optOut.create({
    data: {
      ...{ companyId, id, contact: contactHash(key, line), contactKind: lineKinds.numberOf(line.kind), optedOut },
      ...{ channels: channels.map(consentChannels.numberOf), source: consentSources.numberOf(source) },
      occurredTime: last ? updatedTime({ lastUpdatedTime: last.occurredTime }, now) : now,
      ...{ rpc, keyId, requestId, staffId: actingStaffId(write, companyId) },
    },
  });
  return id;
}

async function readOptOut(tx: Prisma.TransactionClient, companyId: string, id: string): Promise<OptOut> {
  const rows = await tx.$queryRaw<OptOutRow[]>`
    SELECT ${Prisma.raw(columns)} FROM opt_out e WHERE e.company_id = ${companyId} AND e.id = ${id}`;
  return toOptOut(requireFound(rows[0], "OptOut", id));
}

interface OptOutRow {
  readonly id: string;
  readonly contact: string;
  readonly contact_kind: number;
  readonly channels: readonly number[];
  readonly opted_out: boolean;
  readonly source: number;
  readonly occurred_time: Date;
  readonly rpc: string;
  readonly key_id: string;
  readonly staff_id: string;
  readonly request_id: string;
}

const columns = `e.id, e.contact, e.contact_kind, e.channels, e.opted_out, e.source, e.occurred_time, e.rpc, e.key_id,
  e.staff_id, e.request_id`;
const newestFirst = "ORDER BY e.occurred_time DESC, e.id DESC LIMIT $2";
const firstPage = statement(
  "opt_out.first_page",
  `SELECT ${columns} FROM opt_out e WHERE e.company_id = $1 ${newestFirst} OFFSET $3`,
);
const nextPage = statement(
  "opt_out.next_page",
  `SELECT ${columns} FROM opt_out e WHERE e.company_id = $1 AND (e.occurred_time, e.id) < ($3, $4) ${newestFirst}`,
);

function toOptOut(row: OptOutRow): OptOut {
  const source = consentSources.wordOf(row.source);
  return {
    ...{ id: row.id, contact: row.contact, optedOut: row.opted_out, occurredTime: row.occurred_time },
    ...{ kind: lineKinds.wordOf(row.contact_kind) ?? "PHONE", channels: toChannels(row.channels) },
    ...(source ? { source } : {}),
    ...{ rpc: row.rpc, keyId: row.key_id, staffId: row.staff_id, requestId: row.request_id },
  };
}
