import { isDeepStrictEqual } from "node:util";
import { respectingOptOut } from "../../core/contact-rule.js";
import { DomainError, notFoundError } from "../../core/errors.js";
import { stricterChoice } from "../../core/stricter-consent.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { recordChange, recordConsent, timestamp, updatedTime } from "../../db/audit-log.js";
import { changedFields } from "../../db/changed-fields.js";
import { storeChange } from "../../db/contact-record.js";
import { once, orNotFound, orThrow } from "../../db/idempotent-write.js";
import type { ContactDatabase } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customerFields } from "../customers/customer.columns.js";
import type { Customer } from "../customers/customer.model.js";
import { readCustomer } from "../customers/customer-change.repository.js";
import { incrementCustomerCount } from "../customers/customer-limit.repository.js";
import { type MergeRepository, nothingCarried, type UndoneMerge, type UndoTarget } from "./merge.model.js";
import { restoreDismissedPairs } from "./merge-dismissed.repository.js";
import { moveRecords } from "./merge-move.repository.js";
import { findMerge, type KeptRecords, type MergeRow, toMerge } from "./merge-read.repository.js";
import { restoredByKey, restoredCustomer, restoredList, restoredRow, withOnePrimary } from "./merge-restore.model.js";
import {
  type JoinedTable,
  type JsonRow,
  type MergeSnapshot,
  presentState,
  replaceRows,
} from "./merge-snapshot.repository.js";

/** Undoes a merge in one transaction. */
export function undoMerge(
  contacts: ContactDatabase,
  target: UndoTarget,
  write: WriteContext,
  quotaExceeded: Parameters<MergeRepository["undo"]>[2],
): Promise<UndoneMerge> {
  const { companyId, mergeId } = target;
  return once(contacts.database, write, {
    lock: (tx) => orNotFound(lockMerge(tx, target)),
    async work({ tx, locked, now, record }) {
      const row = orThrow(locked);
      const snapshot = await undoable(tx, companyId, row, now);
      assertVisible(target, snapshot);
      const former = await readCustomer(tx, { companyId, id: row.into_id });
      if (snapshot.from["archived_time"] === null) {
        const limit = await incrementCustomerCount(tx, companyId);
        if (limit !== undefined) throw quotaExceeded(limit);
      }
      const kept = await restore(tx, contacts, { companyId, row, snapshot, former, now, write });
      await tx.$executeRaw`UPDATE customer_merge SET undone_time = ${timestamp(now)}, kept = ${JSON.stringify(kept)}::jsonb
        WHERE company_id = ${companyId} AND id = ${mergeId}`;
      await tx.customerMergeSnapshot.delete({ where: { companyId_mergeId: { companyId, mergeId } } });
      return record({ companyId, kind: "customer_merge", ids: [mergeId] });
    },
    async response({ tx }) {
      const row = await findMerge(tx, target);
      const customer = await readCustomer(tx, { companyId, id: row.survivor_id });
      const restored = await readCustomer(tx, { companyId, id: row.from_id });
      const { paths, counts } = row.kept ?? { paths: [], counts: nothingCarried };
      return { customer, restored, merge: toMerge(row), keptPaths: paths, kept: { ...nothingCarried, ...counts } };
    },
  });
}

/** Locks the survivor like a merge, and then the merge. Throws NOT_FOUND. */
async function lockMerge(tx: Prisma.TransactionClient, target: UndoTarget): Promise<MergeRow> {
  const { companyId, mergeId } = target;
  const found = await findMerge(tx, target);
  await tx.$queryRaw`SELECT c.id FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ${found.survivor_id} FOR UPDATE`;
  await tx.$queryRaw`SELECT m.id FROM customer_merge m WHERE m.company_id = ${companyId} AND m.id = ${mergeId} FOR UPDATE`;
  return findMerge(tx, target);
}

type Cause = "UNDONE" | "EXPIRED" | "MERGED_AGAIN";

const words: Readonly<Record<Cause, string>> = {
  UNDONE: "The merge was already undone.",
  EXPIRED: "The merge is older than 30 days and can no longer be undone.",
  MERGED_AGAIN: "The survivor was merged again. Undo the later merge first.",
};

/** The snapshot of a merge. Throws MERGE_NOT_UNDOABLE. */
async function undoable(
  tx: Prisma.TransactionClient,
  companyId: string,
  row: MergeRow,
  now: Date,
): Promise<MergeSnapshot> {
  const refused = (cause: Cause) =>
    new DomainError("MERGE_NOT_UNDOABLE", words[cause], { metadata: { mergeId: row.id, cause } });
  if (row.undone_time) throw refused("UNDONE");
  if (row.undoable_until <= now) throw refused("EXPIRED");
  const [{ later, snapshot } = { later: true, snapshot: null }] = await tx.$queryRaw<
    { later: boolean; snapshot: MergeSnapshot | null }[]
  >`SELECT EXISTS (SELECT 1 FROM customer_merge l WHERE l.company_id = ${companyId} AND l.undone_time IS NULL
        AND l.into_id = ${row.into_id} AND (l.merged_time, l.id) > (${timestamp(row.merged_time)}, ${row.id})) AS later,
      (SELECT s.snapshot FROM customer_merge_snapshot s
        WHERE s.company_id = ${companyId} AND s.merge_id = ${row.id}) AS snapshot`;
  if (row.survivor_id !== row.into_id || later) throw refused("MERGED_AGAIN");
  if (!snapshot) throw refused("EXPIRED");
  return snapshot;
}

/** A key of one location does not bring back a record of another one. */
function assertVisible({ accessFilter, companyId, mergeId }: UndoTarget, { from }: MergeSnapshot): void {
  const grants = [companyId, `${companyId}/${String(from["preferred_business_id"])}`];
  if (!grants.some((grant) => accessFilter.grants.includes(grant))) throw notFoundError("CustomerMerge", mergeId);
}

interface Restoring {
  readonly companyId: string;
  readonly row: MergeRow;
  readonly snapshot: MergeSnapshot;
  /** The survivor as it is. */
  readonly former: Customer;
  readonly now: Date;
  readonly write: WriteContext;
}

async function restore(
  tx: Prisma.TransactionClient,
  contacts: ContactDatabase,
  restoring: Restoring,
): Promise<KeptRecords> {
  const { companyId, row, snapshot, former, now, write } = restoring;
  const { from_id: fromId, into_id: intoId } = row;
  const present = await presentState(tx, { companyId, intoId });
  const rowsOf = (table: JoinedTable) => ({
    ...{ from: snapshot.fromRows[table], into: snapshot.intoRows[table] },
    ...{ after: snapshot.afterRows[table], now: present.afterRows[table] },
  });
  const phones = restoredList(rowsOf("customer_phone"));
  const addresses = restoredByKey(rowsOf("customer_address"), ({ id }) => String(id));
  const tags = restoredByKey(rowsOf("customer_tag"), ({ tag_id: tag }) => String(tag));
  const accounts = restoredByKey(rowsOf("customer_account"), ({ kind, account_id: id }) => `${kind}/${id}`);
  const states = { before: snapshot.into, after: snapshot.after, now: present.after };
  const own = restoredCustomer(states, phones.isKept);
  await restoreCustomers(tx, restoring, own.columns);
  const shown = present.afterRows.customer_address;
  const homes = [...withOnePrimary(addresses.into, shown), ...withOnePrimary(addresses.from, shown)];
  const both = { companyId, customerIds: [fromId, intoId] };
  await replaceRows(tx, { ...both, table: "customer_phone", rows: [...phones.into, ...phones.from] });
  await replaceRows(tx, { ...both, table: "customer_address", rows: homes });
  await replaceRows(tx, { ...both, table: "customer_tag", rows: [...tags.into, ...tags.from] });
  await replaceRows(tx, { ...both, table: "customer_account", rows: [...accounts.into, ...accounts.from] });
  const profile = await restoreProfiles(tx, restoring, present.afterRows.customer_profile);
  const location = { before: former.preferredBusinessId, after: textOf(snapshot.from["preferred_business_id"]) };
  const back = { companyId, fromId: intoId, intoId: fromId, now, write, location, only: snapshot };
  const moved = await moveRecords(tx, back);
  await tx.$executeRaw`UPDATE customer_merge SET survivor_id = ${fromId}
    WHERE company_id = ${companyId} AND survivor_id = ${intoId} AND id = ANY(${[...snapshot.merges]}::text[])`;
  await restoreDismissedPairs(tx, { companyId, fromId, intoId }, snapshot);
  await restoreRelations(tx, restoring);
  const lists = { phones, addresses, tags, accounts };
  const keptLists = Object.entries(lists).flatMap(([name, { isKept }]) => (isKept ? [name] : []));
  await recordBoth(tx, contacts, restoring, own.kept.includes("compliance_config"));
  const counts = await keptCounts(tx, restoring);
  const lost = (["notes", "pets", "packages"] as const).filter((kind) => moved[kind] < snapshot[kind].length);
  const added = Object.entries(counts).flatMap(([kind, count]) => (count > 0 ? [kind] : []));
  const paths = new Set([...own.kept, ...profile, ...keptLists, ...lost, ...added]);
  return { paths: [...paths].toSorted(), counts: { ...nothingCarried, ...counts } };
}

/**
 * The rows of both customers. The one that had ceased is made from the snapshot in the database: its numbers are larger
 * than those of JavaScript. Before it, the survivor gives back the lead, which only one of them can have; after it, the
 * fields that can point to it.
 */
async function restoreCustomers(
  tx: Prisma.TransactionClient,
  { companyId, row, now, write }: Restoring,
  columns: JsonRow,
): Promise<void> {
  const author = actingStaffId(write, companyId);
  if ("source_lead_id" in columns)
    await tx.$executeRaw`UPDATE customer SET source_lead_id = ${textOf(columns["source_lead_id"]) ?? null}
      WHERE company_id = ${companyId} AND id = ${row.into_id}`;
  await tx.$executeRaw`INSERT INTO customer SELECT r.* FROM customer_merge_snapshot s,
    LATERAL jsonb_populate_record(NULL::customer, s.snapshot -> 'from') f,
    LATERAL jsonb_populate_record(f, jsonb_build_object('version', f.version + 2, 'change_xid', pg_current_xact_id()::text,
      'last_updated_by', ${author}::text,
      'last_updated_time', greatest(${timestamp(now)}, f.last_updated_time + interval '1 millisecond'))) r
    WHERE s.company_id = ${companyId} AND s.merge_id = ${row.id} AND r.company_id = ${companyId}`;
  const names = Object.keys(columns).filter((name) => /^[a-z0-9_]+$/.test(name));
  const assigned = names.map((name) => Prisma.raw(`${name} = r.${name}`));
  await tx.$executeRaw`UPDATE customer c SET ${Prisma.join(assigned)}
    FROM jsonb_populate_record(NULL::customer, ${JSON.stringify(columns)}::jsonb) r
    WHERE c.company_id = ${companyId} AND c.id = ${row.into_id}`;
}

const profileNames = ["nickname", "gender", "vip_level_id", "blacklisted", "enterprise_name", "visitor_ids"] as const;

/** Returns the names of what stays with the survivor. */
async function restoreProfiles(
  tx: Prisma.TransactionClient,
  { companyId, row, snapshot }: Restoring,
  now: JsonRow | null,
): Promise<readonly string[]> {
  const { customer_profile: before } = snapshot.intoRows;
  const states = { before: before ?? {}, after: snapshot.afterRows.customer_profile ?? {}, now: now ?? {} };
  const { columns, kept } = restoredRow(states, profileNames);
  const profiles = [
    ...(snapshot.fromRows.customer_profile ? [snapshot.fromRows.customer_profile] : []),
    ...(before || kept.length > 0 ? [{ ...emptyProfile, ...now, ...before, ...keptColumns(now, columns) }] : []),
  ];
  const own = { company_id: companyId, customer_id: row.into_id };
  await tx.$executeRaw`DELETE FROM customer_profile WHERE company_id = ${companyId} AND customer_id = ${row.into_id}`;
  const rows = profiles.map((profile) => ("customer_id" in profile ? profile : { ...profile, ...own }));
  await tx.$executeRaw`INSERT INTO customer_profile SELECT r.* FROM
    jsonb_populate_recordset(NULL::customer_profile, ${JSON.stringify(rows)}::jsonb) r WHERE r.company_id = ${companyId}`;
  return kept;
}

const emptyProfile = { nickname: "", gender: 0, blacklisted: false, enterprise_name: "", visitor_ids: [] };

/** The columns that changed after the merge. */
function keptColumns(now: JsonRow | null, restored: JsonRow): JsonRow {
  return Object.fromEntries(Object.entries(now ?? {}).filter(([name]) => !(name in restored)));
}

/** Values that pointed to the restored record before the merge, and still point to the survivor. */
async function restoreRelations(
  tx: Prisma.TransactionClient,
  { companyId, row, snapshot, now, write }: Restoring,
): Promise<void> {
  const raw = Prisma.sql`(SELECT c.raw_id FROM customer c WHERE c.company_id = ${companyId} AND c.id = ${row.into_id}),
    ${row.from_id}, (SELECT c.raw_id FROM customer c WHERE c.company_id = ${companyId} AND c.id = ${row.from_id})`;
  const codes = new Map<string, string[]>();
  for (const { kind, id, code } of snapshot.relations) {
    const key = `${kind}/${id}`;
    codes.set(key, [...(codes.get(key) ?? []), code]);
  }
  for (const [key, fields] of codes) {
    const [kind = "", id = ""] = key.split("/");
    const stamp = Prisma.sql`version = t.version + 1, last_updated_by = ${actingStaffId(write, companyId)},
      last_updated_time = greatest(${timestamp(now)}, t.last_updated_time + interval '1 millisecond')`;
    const pointing = Prisma.sql`repointed((SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}')
      FROM jsonb_each(t.custom_fields) f WHERE f.key = ANY(${fields}::text[])), 'customer', ${row.into_id}, ${raw})`;
    const set =
      kind === "custom_field"
        ? Prisma.sql`default_value = repointed(jsonb_set('{}', '{default}', t.default_value), 'customer', ${row.into_id},
            ${raw}) -> 'default'`
        : Prisma.sql`custom_fields = t.custom_fields || ${pointing}`;
    const changed = await tx.$queryRaw<{ version: bigint }[]>`UPDATE ${Prisma.raw(kind)} t SET ${stamp}, ${set}
      WHERE t.company_id = ${companyId} AND t.id = ${id} RETURNING t.version`;
    const [field] = kind === "custom_field" ? ["default_value"] : ["custom_fields"];
    for (const { version } of changed)
      await recordChange(tx, write, { companyId, kind: kindOf(kind), id, version, time: now, fields: [field ?? ""] });
  }
}

function kindOf(kind: string): "customer" | "lead" | "pet" | "custom_field" {
  const kinds = ["customer", "lead", "pet", "custom_field"] as const;
  return kinds.find((known) => known === kind) ?? "customer";
}

/**
 * Versions, consent ledger and audit log. Opt-outs of the lines of either record hold.
 *
 * @param keepsChoice whether the permissions of the survivor changed after the merge
 */
async function recordBoth(
  tx: Prisma.TransactionClient,
  { optOutKeys }: ContactDatabase,
  { companyId, row, former, now, write }: Restoring,
  keepsChoice: boolean,
): Promise<void> {
  const into = await readCustomer(tx, { companyId, id: row.into_id });
  const from = await readCustomer(tx, { companyId, id: row.from_id });
  const respected = async (customer: Customer, wanted: Pick<Customer, "consent" | "preference">) =>
    respectingOptOut(wanted, await optedOutChannels(tx, optOutKeys, { companyId, after: customer }));
  const intoChoice = await respected(into, into);
  await storeChange(tx, {
    ...{ kind: "customer", fields: customerFields, former, now, write, provenance: {} },
    // The rest is stored already.
    ...{ nested: changedFields(former, into), change: intoChoice.choice },
    withheld: intoChoice.withheld,
    related: { kind: "customer", id: row.from_id },
  });
  const fromChoice = await respected(from, keepsChoice ? stricterChoice(from, into) : from);
  const { consent: after, preference: preferenceAfter } = fromChoice.choice;
  if (!isDeepStrictEqual({ after, preferenceAfter }, { after: from.consent, preferenceAfter: from.preference }))
    await tx.$executeRaw`UPDATE customer SET ${Prisma.join(customerFields.assignments(fromChoice.choice))}
      WHERE company_id = ${companyId} AND id = ${row.from_id}`;
  await recordConsent(tx, write, {
    ...{ companyId, subjectKind: "customer", subjectId: row.from_id, before: from.consent, after },
    ...{ preferenceBefore: from.preference, preferenceAfter, withheld: fromChoice.withheld },
    time: updatedTime(from, now),
  });
  await recordChange(tx, write, {
    ...{ companyId, kind: "customer", id: row.from_id, version: from.version, time: now, fields: [] },
    ...{ location: { after: from.preferredBusinessId }, related: { kind: "customer", id: row.into_id } },
  });
}

/** What came to the survivor after the merge. */
async function keptCounts(tx: Prisma.TransactionClient, { companyId, row, snapshot }: Restoring) {
  const where = (ids: readonly string[]) => ({
    where: { companyId, customerId: row.into_id, id: { notIn: [...ids] } },
  });
  return {
    notes: await tx.customerNote.count(where(snapshot.intoNotes)),
    pets: await tx.pet.count(where(snapshot.intoPets)),
    packages: await tx.package.count(where(snapshot.intoPackages)),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
