import type { Consent } from "../core/consent.js";
import type { ConsentProvenance } from "../core/consent-provenance.js";
import type { Withheld } from "../core/contact-rule.js";
import type { ExternalId } from "../core/external-id.js";
import type { ContactPhone } from "../core/phone/contact-phone.js";
import type { Preference } from "../core/preference.js";
import { actingStaffId, type FieldChange, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { recordChanges, timePlus } from "./audit-log.js";
import { insertPhones, insertTags } from "./batch-contacts.js";
import { updateRows } from "./changed-rows.js";
import { laterEntryJson } from "./consent-change.js";
import { insertExternalIds } from "./external-ids.js";
import type { FieldTable } from "./field-table.js";

/** A decided change of a locked customer or lead. */
export interface ContactPlan<Fields> {
  /** The state under the lock. */
  readonly record: {
    readonly id: string;
    readonly preferredBusinessId?: string;
    readonly consent: Consent;
    /** Of customers. */
    readonly preference?: Preference;
    readonly tags: readonly { readonly id: string }[];
  };
  readonly changes: {
    readonly change: FieldChange<Fields> & {
      readonly consent?: Consent;
      readonly preference?: Preference;
      readonly preferredBusinessId?: string | null;
      readonly customFields?: unknown;
    };
    /** All phones after the change, if they change. */
    readonly phones?: readonly ContactPhone[];
    readonly addedExternalIds: readonly ExternalId[];
    readonly provenance?: ConsentProvenance | undefined;
    readonly withheld?: Withheld | undefined;
  };
  /** Names of the changed fields, as the API spells them. */
  readonly fields: readonly string[];
  /** Whether the consent ledger gets an entry. */
  readonly isNewChoice: boolean;
}

interface StoredChanges<Fields, Plan> {
  /** Also the name of the table. */
  readonly kind: "customer" | "lead";
  readonly fields: FieldTable<Fields>;
  readonly companyId: string;
  readonly plans: readonly Plan[];
  /** The tags after a change. */
  tagsOf(plan: Plan): readonly { readonly id: string }[];
  readonly now: Date;
  readonly write: WriteContext;
}

/**
 * Stores changes of locked customers or leads, with their phones, tags, external ids, and entries of the consent ledger and
 * of the audit log: a statement for each table. Returns the new versions by id.
 */
export async function storeContactChanges<Fields, Plan extends ContactPlan<Fields>>(
  tx: Prisma.TransactionClient,
  stored: StoredChanges<Fields, Plan>,
): Promise<ReadonlyMap<string, bigint>> {
  const { kind, companyId, plans, now, write } = stored;
  const changes = plans.map(({ record: { id }, changes: { change } }) => ({ id, change }));
  const versions = await updateRows(tx, { table: kind, fields: stored.fields, companyId, changes, now, write });
  await replacePhones(tx, stored);
  await storeTags(tx, stored);
  const added = plans.map(({ record: { id }, changes }) => ({ id, externalIds: changes.addedExternalIds }));
  await insertExternalIds(tx, { kind, companyId }, added);
  await storeChoices(tx, stored);
  await recordChanges(
    tx,
    write,
    plans.map(({ record: { id, preferredBusinessId: before }, changes: { change }, fields }) => ({
      ...{ companyId, kind, id, version: versions.get(id) ?? 0n, time: now, fields },
      location: { before, after: change.preferredBusinessId ?? before },
    })),
  );
  return versions;
}

async function replacePhones<Fields, Plan extends ContactPlan<Fields>>(
  tx: Prisma.TransactionClient,
  { kind, companyId, plans }: StoredChanges<Fields, Plan>,
): Promise<void> {
  const phones = plans.flatMap(({ record: { id }, changes }) =>
    changes.phones ? [{ id, phones: changes.phones }] : [],
  );
  if (phones.length === 0) return;
  const ids = phones.map(({ id }) => id);
  await tx.$executeRaw`DELETE FROM ${Prisma.raw(`${kind}_phone`)} p
    WHERE p.company_id = ${companyId} AND p.${Prisma.raw(`${kind}_id`)} = ANY(${ids}::text[])`;
  await insertPhones(tx, { kind, companyId, records: phones });
}

async function storeTags<Fields, Plan extends ContactPlan<Fields>>(
  tx: Prisma.TransactionClient,
  { kind, companyId, plans, tagsOf }: StoredChanges<Fields, Plan>,
): Promise<void> {
  const lists = plans.map((plan) => {
    const { id, tags: carried } = plan.record;
    const stored = tagsOf(plan);
    const [before, after] = [carried, stored].map((list) => new Set(list.map((tag) => tag.id)));
    return {
      dropped: carried.flatMap((tag) => (after?.has(tag.id) ? [] : [{ id, tag_id: tag.id }])),
      added: { id, tags: stored.filter((tag) => !before?.has(tag.id)) },
    };
  });
  const dropped = lists.flatMap((list) => list.dropped);
  if (dropped.length > 0)
    await tx.$executeRaw`DELETE FROM ${Prisma.raw(`${kind}_tag`)} t USING jsonb_to_recordset(${JSON.stringify(dropped)}::jsonb)
        AS r (id text, tag_id text)
      WHERE t.company_id = ${companyId} AND t.${Prisma.raw(`${kind}_id`)} = r.id AND t.tag_id = r.tag_id`;
  await insertTags(tx, { kind, companyId, records: lists.map(({ added }) => added) });
}

/** Entries of the consent ledger. Each is later than those before it. */
async function storeChoices<Fields, Plan extends ContactPlan<Fields>>(
  tx: Prisma.TransactionClient,
  { kind, companyId, plans, write }: StoredChanges<Fields, Plan>,
): Promise<void> {
  const entries = plans.flatMap(({ record, changes: { change, provenance, withheld }, isNewChoice }) => {
    if (!isNewChoice) return [];
    const { consent: before, preference: preferenceBefore } = record;
    const { consent: after = before, preference: preferenceAfter = preferenceBefore } = change;
    const entry = laterEntryJson({ before, after, preferenceBefore, preferenceAfter, provenance, withheld });
    return [`{"subject_id":${JSON.stringify(record.id)},${entry.slice(1)}`];
  });
  if (entries.length === 0) return;
  const { rpc, keyId, ip, requestId } = write;
  await tx.$executeRaw`
    INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip,
      request_id, before, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version,
      evidence_language, evidence_address, preference_before, preference_after, withheld)
    SELECT ${companyId}, ${kind}, e.subject_id, o.time, ${rpc}, ${keyId}, ${actingStaffId(write, companyId)}, ${ip},
      ${requestId}, e.before, e.after, coalesce(e.given_time, o.time), e.source, e.recorded_by, e.evidence_reference,
      e.evidence_wording_version, e.evidence_language, e.evidence_address, e.preference_before, e.preference_after, e.withheld
    FROM jsonb_populate_recordset(NULL::consent_event, ${`[${entries.join(",")}]`}::jsonb) e
    JOIN ${Prisma.raw(kind)} c ON c.company_id = ${companyId} AND c.id = e.subject_id, LATERAL (
      SELECT greatest(c.last_updated_time, ${Prisma.raw(timePlus("max(l.occurred_time)", "1 millisecond"))}) AS time
      FROM consent_event l
      WHERE l.company_id = ${companyId} AND l.subject_kind = ${kind} AND l.subject_id = e.subject_id) o`;
}
