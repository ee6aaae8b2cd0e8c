import { actingStaffId, type WriteContext } from "../../core/write.js";
import { recordChanges, timePlus, timestamp } from "../../db/audit-log.js";
import { insertPhones, insertTags } from "../../db/batch-contacts.js";
import { laterEntryJson } from "../../db/consent-change.js";
import { insertExternalIds } from "../../db/external-ids.js";
import { Prisma } from "../../gen/prisma/client.js";
import { tagKey } from "../setting-lists/tag.model.js";
import { customerFields } from "./customer.columns.js";
import { insertAddressRows } from "./customer-batch-insert.repository.js";
import type { StoredPlan } from "./customer-upsert-plan.repository.js";

interface StoredChanges {
  readonly companyId: string;
  readonly plans: readonly StoredPlan[];
  /** Ids of created tags, by the keys of their names. */
  readonly tagIds: ReadonlyMap<string, string>;
  readonly now: Date;
  readonly write: WriteContext;
}

/**
 * Stores changes of locked customers, with their children, entries of the consent ledger and of the audit log: a statement
 * for each table. Returns the new versions by id.
 */
export async function storeChanges(
  tx: Prisma.TransactionClient,
  stored: StoredChanges,
): Promise<ReadonlyMap<string, bigint>> {
  const { companyId, plans, now, write } = stored;
  if (plans.length === 0) return new Map();
  const versions = new Map<string, bigint>();
  // An assignment of the custom fields is judged by triggers even if it changes nothing.
  for (const withFields of [true, false]) {
    const some = plans.filter(({ changes: { change } }) => (change.customFields !== undefined) === withFields);
    for (const { id, version } of await updateRows(tx, { ...stored, plans: some }, withFields))
      versions.set(id, version);
  }
  await storeChildren(tx, stored);
  await storeChoices(tx, stored);
  await recordChanges(
    tx,
    write,
    plans.map(({ customer: { id, preferredBusinessId: before }, changes: { change }, fields }) => ({
      ...{ companyId, kind: "customer" as const, id, version: versions.get(id) ?? 0n, time: now, fields },
      location: { before, after: change.preferredBusinessId ?? before },
    })),
  );
  return versions;
}

async function updateRows(
  tx: Prisma.TransactionClient,
  { companyId, plans, now, write }: StoredChanges,
  withFields: boolean,
): Promise<readonly { readonly id: string; readonly version: bigint }[]> {
  if (plans.length === 0) return [];
  const rows = plans.map(({ customer: { id }, changes: { change } }) => {
    const record = customerFields.changedColumns(change);
    return { id, record, changed: Object.keys(record) };
  });
  const assigned = customerFields.assigned("c", "v", withFields ? undefined : "custom_fields", "r.changed");
  return tx.$queryRaw<{ id: string; version: bigint }[]>`
    UPDATE customer c SET ${Prisma.raw(assigned)}, version = c.version + 1, last_updated_by = ${actingStaffId(write, companyId)},
      last_updated_time = greatest(${timestamp(now)}, ${Prisma.raw(timePlus("c.last_updated_time", "1 millisecond"))})
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (id text, record jsonb, changed text[]),
      LATERAL jsonb_populate_record(NULL::customer, r.record) v
    WHERE c.company_id = ${companyId} AND c.id = r.id RETURNING c.id, c.version`;
}

/** Only one address may be primary at any moment, so what changes is deleted before anything is inserted. */
async function storeChildren(tx: Prisma.TransactionClient, { companyId, plans, tagIds }: StoredChanges): Promise<void> {
  const phones = plans.flatMap(({ customer: { id }, changes }) =>
    changes.phones ? [{ id, phones: changes.phones }] : [],
  );
  if (phones.length > 0) {
    const ids = phones.map(({ id }) => id);
    await tx.$executeRaw`DELETE FROM customer_phone p WHERE p.company_id = ${companyId} AND p.customer_id = ANY(${ids}::text[])`;
    await insertPhones(tx, { kind: "customer", companyId, records: phones });
  }
  const dropped = plans.flatMap(({ changes }) => changes.droppedAddressIds);
  if (dropped.length > 0)
    await tx.$executeRaw`DELETE FROM customer_address a WHERE a.company_id = ${companyId} AND a.id = ANY(${dropped}::text[])`;
  await insertAddressRows(
    tx,
    companyId,
    plans.flatMap(({ customer, changes }) =>
      changes.storedAddresses.map((address) => ({ ...address, customer_id: customer.id })),
    ),
  );
  await storeTags(tx, { companyId, plans, tagIds });
  await insertExternalIds(
    tx,
    companyId,
    plans.map(({ customer: { id }, changes }) => ({ id, externalIds: changes.addedExternalIds })),
  );
}

async function storeTags(
  tx: Prisma.TransactionClient,
  { companyId, plans, tagIds }: Pick<StoredChanges, "companyId" | "plans" | "tagIds">,
): Promise<void> {
  const lists = plans.map(({ customer: { id, tags: carried }, changes: { tags }, newTags }) => {
    const stored = tags.map((tag) => {
      const named = newTags.get(tag.id);
      return named ? { ...tag, id: tagIds.get(tagKey(named.name)) ?? tag.id } : tag;
    });
    const [before, after] = [carried, stored].map((list) => new Set(list.map((tag) => tag.id)));
    return {
      dropped: carried.flatMap((tag) => (after?.has(tag.id) ? [] : [{ id, tag_id: tag.id }])),
      added: { id, tags: stored.filter((tag) => !before?.has(tag.id)) },
    };
  });
  const dropped = lists.flatMap((list) => list.dropped);
  if (dropped.length > 0)
    await tx.$executeRaw`DELETE FROM customer_tag t USING jsonb_to_recordset(${JSON.stringify(dropped)}::jsonb)
        AS r (id text, tag_id text)
      WHERE t.company_id = ${companyId} AND t.customer_id = r.id AND t.tag_id = r.tag_id`;
  await insertTags(tx, { kind: "customer", companyId, records: lists.map(({ added }) => added) });
}

/** Entries of the consent ledger. Each is later than those before it. */
async function storeChoices(tx: Prisma.TransactionClient, { companyId, plans, write }: StoredChanges): Promise<void> {
  const entries = plans.flatMap(({ customer, changes: { change, provenance, withheld }, isNewChoice }) => {
    if (!isNewChoice) return [];
    const { consent: before, preference: preferenceBefore } = customer;
    const { consent: after = before, preference: preferenceAfter = preferenceBefore } = change;
    const entry = laterEntryJson({ before, after, preferenceBefore, preferenceAfter, provenance, withheld });
    return [`{"subject_id":${JSON.stringify(customer.id)},${entry.slice(1)}`];
  });
  if (entries.length === 0) return;
  const { rpc, keyId, ip, requestId } = write;
  await tx.$executeRaw`
    INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip,
      request_id, before, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version,
      evidence_language, evidence_address, preference_before, preference_after, withheld)
    SELECT ${companyId}, 'customer', e.subject_id, o.time, ${rpc}, ${keyId}, ${actingStaffId(write, companyId)}, ${ip},
      ${requestId}, e.before, e.after, coalesce(e.given_time, o.time), e.source, e.recorded_by, e.evidence_reference,
      e.evidence_wording_version, e.evidence_language, e.evidence_address, e.preference_before, e.preference_after, e.withheld
    FROM jsonb_populate_recordset(NULL::consent_event, ${`[${entries.join(",")}]`}::jsonb) e
    JOIN customer c ON c.company_id = ${companyId} AND c.id = e.subject_id, LATERAL (
      SELECT greatest(c.last_updated_time, ${Prisma.raw(timePlus("max(l.occurred_time)", "1 millisecond"))}) AS time
      FROM consent_event l
      WHERE l.company_id = ${companyId} AND l.subject_kind = 'customer' AND l.subject_id = e.subject_id) o`;
}
