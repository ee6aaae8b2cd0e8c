import { isDeepStrictEqual } from "node:util";
import { type Consent, sameConsent } from "../core/consent.js";
import type { ConsentProvenance } from "../core/consent-provenance.js";
import type { Withheld } from "../core/contact-rule.js";
import { erasedError } from "../core/errors.js";
import type { Preference } from "../core/preference.js";
import type { ImportLookups } from "../core/record-import.js";
import { actingStaffId, type FieldChange, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { type Changed, recordChange, recordConsent, stayingAt, timestamp, updatedTime } from "./audit-log.js";
import { changedFields } from "./changed-fields.js";
import type { Database } from "./database.js";
import { isErased, type RecordKey } from "./erasure/erasure.js";
import type { Pseudonym } from "./erasure/pseudonym.js";
import { findExistingIds, missingStaff } from "./existing-ids.js";
import type { FieldTable } from "./field-table.js";
import { once } from "./idempotent-write.js";
import type { sizedChange } from "./sized-change.js";

/** A customer or a lead. Their writes differ only in their fields. */
interface ContactRecord extends RecordKey {
  readonly version: bigint;
  readonly lastUpdatedTime: Date;
  readonly archived: boolean;
  readonly consent: Consent;
  /** Of customers. */
  readonly preference?: Preference;
  readonly preferredBusinessId?: string;
}

/** Also the name of the table. */
type ContactKind = "customer" | "lead";

interface Versioned {
  readonly kind: ContactKind;
  /** The state under the lock. */
  readonly former: ContactRecord;
  readonly now: Date;
  readonly write: WriteContext;
}

interface ContactChange<Fields> extends Versioned {
  readonly fields: FieldTable<Fields>;
  readonly change: FieldChange<Fields> & {
    readonly consent?: Consent;
    readonly preference?: Preference;
    readonly preferredBusinessId?: string | null;
  };
  /** If set, the consent ledger gets an entry even if the consent is the same. */
  readonly provenance?: ConsentProvenance | undefined;
  /** What an opt-out kept the request from permitting. If set, the consent ledger gets an entry as well. */
  readonly withheld?: Withheld | undefined;
  /** Names of changed fields with rows of their own. */
  readonly nested: Iterable<string>;
  /** The other record of a merge. */
  readonly related?: Changed["related"];
}

/** Stores a change of a locked record: its fields, the new version, the consent entry and the audit log entry. */
export async function storeChange<Fields>(
  tx: Prisma.TransactionClient,
  { fields, change, nested, provenance, withheld, related, ...versioned }: ContactChange<Fields>,
): Promise<void> {
  const { kind, former, now, write } = versioned;
  const { preferredBusinessId = former.preferredBusinessId } = change;
  await storeVersion(tx, versioned, {
    assignments: fields.assignments(change),
    fields: [...changedFields(former, { ...former, ...change }), ...nested],
    location: { before: former.preferredBusinessId, after: preferredBusinessId ?? undefined },
    ...(related ? { related } : {}),
  });
  const { consent: before, preference: preferenceBefore } = former;
  const { consent: after = before, preference: preferenceAfter = preferenceBefore } = change;
  const isSame = sameConsent(after, before) && isDeepStrictEqual(preferenceAfter, preferenceBefore);
  if (isSame && !provenance && !withheld) return;
  const subject = { companyId: former.companyId, subjectKind: kind, subjectId: former.id };
  const entry = { before, after, preferenceBefore, preferenceAfter, provenance, withheld };
  await recordConsent(tx, write, { ...subject, ...entry, time: updatedTime(former, now) });
}

interface NewVersion extends Pick<Changed, "fields" | "location" | "related"> {
  readonly assignments: readonly Prisma.Sql[];
}

async function storeVersion(
  tx: Prisma.TransactionClient,
  { kind, former, now, write }: Versioned,
  { assignments, ...changed }: NewVersion,
): Promise<void> {
  const { companyId, id } = former;
  const version = former.version + 1n;
  const audit = Prisma.sql`last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = ${timestamp(updatedTime(former, now))}, version = ${version}`;
  await tx.$executeRaw`UPDATE ${Prisma.raw(kind)} SET ${Prisma.join([...assignments, audit])}
    WHERE company_id = ${companyId} AND id = ${id}`;
  await recordChange(tx, write, { companyId, kind, id, version, time: now, ...changed });
}

interface Archiving<Key, Stored> {
  readonly kind: ContactKind;
  readonly archived: boolean;
  readonly write: WriteContext;
  lock(tx: Prisma.TransactionClient): Promise<Key>;
  read(tx: Prisma.TransactionClient, key: Key): Promise<Stored>;
  /** Throws if the record must be neither archived nor restored. A replay does not call it. */
  check?(stored: Stored): unknown;
  /** Runs before the state changes. */
  admit(tx: Prisma.TransactionClient, stored: Stored): Promise<void>;
}

/** Archives or restores a record in one transaction. Does nothing if its state is already as requested. */
export function setArchived<Key extends RecordKey, Stored extends ContactRecord>(
  database: Database,
  { kind, archived, write, lock, read, check, admit }: Archiving<Key, Stored>,
): Promise<Stored> {
  return once(database, write, {
    lock,
    async work({ tx, locked: key, now, record }) {
      const former = await read(tx, key);
      check?.(former);
      if (former.archived !== archived) {
        await admit(tx, former);
        const archivedTime = archived ? timestamp(now) : Prisma.sql`NULL`;
        await storeVersion(
          tx,
          { kind, former, now, write },
          {
            assignments: [Prisma.sql`archived_time = ${archivedTime}`],
            fields: ["archived"],
            location: stayingAt(former.preferredBusinessId),
          },
        );
      }
      return record({ companyId: key.companyId, kind, ids: [key.id] });
    },
    response: ({ tx, locked }) => read(tx, locked),
  });
}

interface Importing<Target, Stored> {
  readonly kind: ContactKind;
  /** Name of the resource in errors. */
  readonly resource: string;
  readonly target: Target;
  readonly write: WriteContext;
  readonly pseudonym: Pseudonym;
  /** Throws NOT_FOUND if a replay finds the record outside the access filter. */
  assertSeen(tx: Prisma.TransactionClient, target: Target): Promise<unknown>;
  work(tx: Prisma.TransactionClient, lookups: ImportLookups): Promise<void>;
  read(tx: Prisma.TransactionClient, target: Target): Promise<Stored>;
  readonly size: ReturnType<typeof sizedChange<Stored>>;
}

/**
 * Imports a record. The claim comes first: there is no row yet whose lock could make a concurrent duplicate wait, and a
 * duplicate that waited for the customer limit or the id would be rejected because of what the first one stored.
 */
export function importRecord<Target extends RecordKey, Stored>(
  database: Database,
  { kind, resource, target, write, pseudonym, assertSeen, work, read, size }: Importing<Target, Stored>,
): Promise<Stored> {
  const { companyId, id } = target;
  const wasErased = (tx: Prisma.TransactionClient) => isErased(tx, { companyId, kind, id, pseudonym });
  return once(database, write, {
    lock: async () => size.reset(),
    async replay({ tx }) {
      if (await wasErased(tx)) throw erasedError(resource, id);
      await assertSeen(tx, target);
    },
    async work({ tx, now, record }) {
      const recorded = await record({ companyId, kind, ids: [id] });
      const where = { companyId, id };
      await size.begin(tx, undefined);
      await work(tx, {
        now,
        exists: async () => (await (kind === "customer" ? tx.customer.count({ where }) : tx.lead.count({ where }))) > 0,
        isMerged: async () =>
          kind === "customer" &&
          (await tx.customerMerge.count({ where: { companyId, fromId: id, undoneTime: null } })) > 0,
        isErased: () => wasErased(tx),
        missingStaff: (ids) => missingStaff(tx, companyId, ids),
        taken: (nested, ids) => findExistingIds(tx, { companyId, kind: nested, ids }),
      });
      return recorded;
    },
    async response({ tx }) {
      const stored = await read(tx, target);
      await size.end(tx, stored);
      return stored;
    },
  });
}
