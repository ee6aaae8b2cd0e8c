import { isDeepStrictEqual } from "node:util";
import { requireFound } from "../../core/company-resource.js";
import { respectingOptOut } from "../../core/contact-rule.js";
import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { accessPredicate, toPrismaPredicate } from "../../db/access-filter.js";
import { recordChange, timestamp, updatedTime } from "../../db/audit-log.js";
import { phoneRows } from "../../db/contact-phones.js";
import { storeChange } from "../../db/contact-record.js";
import { once, orNotFound, orThrow } from "../../db/idempotent-write.js";
import { addressColumns } from "../../db/nested-rows.js";
import type { ContactDatabase } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import { changeRelationValues } from "../../db/relation-values.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { accountKinds, genders, type ProfileValues } from "../callers/caller-profile.model.js";
import { customerFields } from "../customers/customer.columns.js";
import { readCustomer } from "../customers/customer-change.repository.js";
import { decrementCustomerCount } from "../customers/customer-limit.repository.js";
import { type MergePlan, type MergeRepository, type MergeSides, type MergeTarget, undoDays } from "./merge.model.js";
import { carryDismissedPairs } from "./merge-dismissed.repository.js";
import { moveRecords } from "./merge-move.repository.js";
import { findMerge, listMerges, readLockedSides, readSides, toMerge } from "./merge-read.repository.js";
import { completeSnapshot, type MergedIds, replaceRows, takeSnapshot } from "./merge-snapshot.repository.js";
import { undoMerge } from "./merge-undo.repository.js";

/** Merges customers, and undoes merges, each in one transaction. */
export function createMergeRepository(contacts: ContactDatabase): MergeRepository {
  const { database } = contacts;
  return {
    read: (target, signal) => readSides(database, target, signal),
    list: listMerges(database),
    undo: (target, write, quotaExceeded) => undoMerge(contacts, target, write, quotaExceeded),

    merge: (target, write, decide) =>
      once(database, write, {
        lock: (tx) => orNotFound(lockBoth(tx, target)),
        async work({ tx, locked, now, record }) {
          orThrow(locked);
          const sides = await readLockedSides(tx, target);
          const plan = decide(sides);
          const mergeId = newId(idPrefixes.customerMerge);
          await storeMerge(tx, contacts, { target, sides, plan, mergeId, now, write });
          return record({ companyId: target.companyId, kind: "customer_merge", ids: [mergeId] });
        },
        async response({ tx, ids: [mergeId = ""] }) {
          const row = await findMerge(tx, { ...target, mergeId }).catch(() => undefined);
          const merge = toMerge(requireFound(row, "Customer", target.id));
          return { merge, customer: await readCustomer(tx, { companyId: target.companyId, id: merge.survivorId }) };
        },
      }),
  };
}

/** In the order of their ids, so that no other writer waits in a circle. Nobody else can hold either record. */
async function lockBoth(
  tx: Prisma.TransactionClient,
  { accessFilter, companyId, id, fromId }: MergeTarget,
): Promise<true> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT c.id FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ANY(${[id, fromId]}::text[]) AND ${toPrismaPredicate(accessPredicate("c"), accessFilter)}
    ORDER BY c.id FOR UPDATE`;
  for (const one of [id, fromId]) if (!rows.some((row) => row.id === one)) throw notFoundError("Customer", one);
  return true;
}

interface Merging {
  readonly target: MergeTarget;
  readonly sides: MergeSides;
  readonly plan: MergePlan;
  readonly mergeId: string;
  readonly now: Date;
  readonly write: WriteContext;
}

async function storeMerge(
  tx: Prisma.TransactionClient,
  { optOutKeys }: ContactDatabase,
  merging: Merging,
): Promise<void> {
  const { target, sides, mergeId, now, write } = merging;
  const { companyId, id: intoId, fromId } = target;
  const [former, merged] = [sides.survivor.customer, sides.merged.customer];
  const ids: MergedIds = { companyId, mergeId, fromId, intoId };
  await insertMerge(tx, merging);
  await takeSnapshot(tx, ids);
  await tx.$executeRaw`UPDATE customer_merge SET survivor_id = ${intoId}
    WHERE company_id = ${companyId} AND survivor_id = ${fromId}`;
  const location = { before: merged.preferredBusinessId, after: former.preferredBusinessId };
  await moveRecords(tx, { companyId, fromId, intoId, now, write, location });
  await carryDismissedPairs(tx, { companyId, fromId, intoId });
  await storeJoined(tx, merging);
  const to = { id: intoId, rawId: former.rawId };
  const pointed = { companyId, kind: "customer", id: fromId, rawId: merged.rawId } as const;
  await changeRelationValues(tx, write, { ...pointed, time: now, to, except: [fromId, intoId] });
  if (!merged.archived) await decrementCustomerCount(tx, companyId);
  await tx.customer.delete({ where: { companyId_id: { companyId, id: fromId } } });
  await recordChange(tx, write, {
    ...{ companyId, kind: "customer", id: fromId, version: merged.version + 1n, time: now, fields: [] },
    ...{ location: { before: merged.preferredBusinessId }, related: { kind: "customer", id: intoId } },
  });
  await storeSurvivor(tx, optOutKeys, merging);
  await tx.$executeRaw`UPDATE customer SET source_lead_id = coalesce(source_lead_id, ${merged.sourceLeadId ?? null})
    WHERE company_id = ${companyId} AND id = ${intoId}`;
  await completeSnapshot(tx, ids);
}

function insertMerge(tx: Prisma.TransactionClient, { target, plan, mergeId, now, write }: Merging): Promise<number> {
  const { companyId, id, fromId } = target;
  return tx.$executeRaw`INSERT INTO customer_merge
      (company_id, id, from_id, into_id, survivor_id, merged_time, merged_by, undoable_until, carried)
    VALUES (${companyId}, ${mergeId}, ${fromId}, ${id}, ${id}, ${timestamp(now)}, ${actingStaffId(write, companyId)},
      ${timestamp(new Date(now.getTime() + undoDays * 24 * 60 * 60 * 1000))}, ${JSON.stringify(plan.carried)}::jsonb)`;
}

/** What both records had, as the plan joins it. */
async function storeJoined(tx: Prisma.TransactionClient, { target, sides, plan }: Merging): Promise<void> {
  const { companyId, id, fromId } = target;
  const place = { companyId, customerIds: [id, fromId] };
  const own = { company_id: companyId, customer_id: id };
  const phones = phoneRows(plan.phones).map((row) => ({ ...own, ...row }));
  await replaceRows(tx, { ...place, table: "customer_phone", rows: phones });
  const addresses = plan.addresses.map(({ id: addressId, ...address }) => ({
    ...{ ...own, ...addressColumns(address, addressId) },
  }));
  await replaceRows(tx, { ...place, table: "customer_address", rows: addresses });
  const tags = plan.tags.map((tag) => ({ ...own, tag_id: tag.id }));
  await replaceRows(tx, { ...place, table: "customer_tag", rows: tags });
  const accounts = accountKinds.words.flatMap((word) => {
    const account = plan.profile.accounts[word];
    return account === undefined ? [] : [{ ...own, kind: accountKinds.numberOf(word), account_id: account }];
  });
  await replaceRows(tx, { ...place, table: "customer_account", rows: accounts });
  if (isDeepStrictEqual(plan.profile, sides.survivor.profile)) return;
  const data = profileColumns(plan.profile);
  await tx.customerProfile.upsert({
    where: { companyId_customerId: { companyId, customerId: id } },
    create: { companyId, customerId: id, ...data },
    update: data,
  });
}

function profileColumns({ nickname, gender, vipLevel, blacklisted, enterpriseName, visitorIds }: ProfileValues) {
  const own = { nickname, blacklisted, enterpriseName };
  return { ...own, gender: genders.numberOf(gender), vipLevelId: vipLevel?.id ?? null, visitorIds: [...visitorIds] };
}

/** The survivor changes even if no field does: it has what the other one had. Opt-outs of its new lines hold. */
async function storeSurvivor(
  tx: Prisma.TransactionClient,
  optOutKeys: ContactDatabase["optOutKeys"],
  { target: { companyId, fromId }, sides, plan, now, write }: Merging,
): Promise<void> {
  const former = sides.survivor.customer;
  const { consent = former.consent, preference = former.preference, email = former.email } = plan.change;
  const lines = { companyId, before: former, after: { phones: plan.phones, email } };
  const channels = await optedOutChannels(tx, optOutKeys, lines);
  const { choice, withheld } = respectingOptOut({ consent, preference }, channels);
  const later = await afterEntriesOf(tx, { companyId, id: fromId, now });
  await storeChange(tx, {
    ...{ kind: "customer", fields: customerFields, former, now: later, write, withheld, nested: plan.nested },
    change: { ...plan.change, ...choice },
    // An entry of the ledger says that the merge decided, even if the choice is the same.
    provenance: {},
    related: { kind: "customer", id: fromId },
  });
}

/** The entry of a merge is later than those of both records, also if the clock was set back. */
async function afterEntriesOf(
  tx: Prisma.TransactionClient,
  { companyId, id, now }: { readonly companyId: string; readonly id: string; readonly now: Date },
): Promise<Date> {
  const where = { companyId, subjectKind: "customer", subjectId: id };
  const last = await tx.consentEvent.findFirst({ where, orderBy: { occurredTime: "desc" } });
  return last ? updatedTime({ lastUpdatedTime: last.occurredTime }, now) : now;
}
