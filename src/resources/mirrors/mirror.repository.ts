import { isDeepStrictEqual } from "node:util";
import { sameConsent } from "../../core/consent.js";
import { respectingOptOut } from "../../core/contact-rule.js";
import { DomainError, erasedError, mergedError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange, recordConsent } from "../../db/audit-log.js";
import { consentField, consentOf, preferenceField, preferenceOf } from "../../db/contact-columns.js";
import type { Database } from "../../db/database.js";
import { isErased } from "../../db/erasure/erasure.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import type { OptOutKeys } from "../../db/opt-out-key.js";
import { optedOutChannels } from "../../db/opt-out-list.js";
import { Prisma } from "../../gen/prisma/client.js";
import {
  type Difference,
  type Mirrored,
  type MirroredPart,
  type MirroredRecord,
  type MirroredRow,
  type MirrorRepository,
  mirroredParts,
} from "./mirror.model.js";
import { mirrorUnits, unitDifferences } from "./mirrored-package.repository.js";
import { insertRow, partDifferences, replacePart, rowDifferences, updateRow } from "./mirrored-row.columns.js";

interface MirrorOptions {
  readonly database: Database;
  readonly companyId: string;
  readonly write: WriteContext;
  readonly optOutKeys: OptOutKeys;
  readonly pseudonym: Pseudonym;
  readonly customerCount: CustomerCount;
}

/** Counts the customers of a company that has a limit of them. */
interface CustomerCount {
  /** Returns the limit if it is reached. */
  increment(tx: Prisma.TransactionClient, companyId: string): Promise<number | undefined>;
  decrement(tx: Prisma.TransactionClient, companyId: string): Promise<void>;
}

type Reader = Pick<Prisma.TransactionClient, "$queryRaw">;

/** The stored side of a mirror. Rows are compared and written as JSON of their columns. */
export function createMirrorRepository(options: MirrorOptions): MirrorRepository {
  const { database, companyId, write } = options;
  return {
    differences: (records) => database.ask(write.signal, (prisma) => differencesOf(prisma, companyId, records)),
    difference: (record) =>
      database.transact(write, async (tx) => (await lockedDifference(tx, options, record)).difference),
    put: (record) => database.transact(write, (tx) => putRecord(tx, options, record)),
    ids: (kind, after, count) =>
      database.ask(write.signal, async (prisma) => {
        const rows = await prisma.$queryRaw<{ id: string }[]>`
          SELECT t.id::text AS id FROM ${Prisma.raw(kind)} t WHERE t.company_id = ${companyId} AND t.id > ${after}
          ORDER BY t.id LIMIT ${count}`;
        return rows.map(({ id }) => id);
      }),
    petsOfLead: (leadId) =>
      database.ask(write.signal, async (prisma) => {
        const pets = await prisma.pet.findMany({
          where: { companyId, leadId, archivedTime: null },
          select: { id: true },
        });
        return pets.map(({ id }) => id);
      }),
  };
}

async function differencesOf(
  reader: Reader,
  companyId: string,
  records: readonly MirroredRecord[],
): Promise<ReadonlyMap<string, Difference>> {
  const [first] = records;
  if (!first) return new Map();
  const compared = { companyId, kind: first.kind, records };
  const rows = await reader.$queryRaw<{ id: string; found: boolean; changed: string[] }[]>(rowDifferences(compared));
  const changedParts = new Map<string, MirroredPart[]>();
  for (const part of new Set(records.flatMap(({ parts }) => partsOf(parts)))) {
    const asked = partDifferences(compared, part);
    const found = asked ? await reader.$queryRaw<{ id: string }[]>(asked) : [];
    for (const { id } of found) changedParts.set(id, [...(changedParts.get(id) ?? []), part]);
  }
  const units = first.kind === "package" ? await unitDifferences(reader, companyId, records) : new Set<string>();
  return new Map(
    rows.map(({ id, found, changed }) => {
      const parts = [...(changedParts.get(id) ?? []), ...(units.has(id) ? ["package_services"] : [])];
      return [id, { isNew: !found, changed: [...changed, ...parts] }];
    }),
  );
}

async function putRecord(tx: Prisma.TransactionClient, options: MirrorOptions, given: MirroredRecord) {
  const { companyId, write, customerCount } = options;
  const { former, record, difference } = await lockedDifference(tx, options, given);
  if (!difference.isNew && difference.changed.length === 0) return "unchanged" satisfies Mirrored;
  const { kind, id } = record;
  const { changed, isNew } = difference;
  const [{ now } = { now: new Date() }] = await tx.$queryRaw<{ now: Date }[]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  if (kind === "customer") await countCustomer(tx, { companyId, customerCount }, { former, record });
  let version = 1n;
  if (isNew) await tx.$executeRaw(insertRow({ companyId, record }));
  else {
    const [updated] = await tx.$queryRaw<{ version: bigint }[]>(updateRow({ companyId, record }, changed, now));
    version = updated?.version ?? version;
  }
  for (const part of partsOf(record.parts).filter((name) => isNew || changed.includes(name))) {
    for (const statement of replacePart({ companyId, record }, part, isNew)) await tx.$executeRaw(statement);
  }
  if (record.units) await mirrorUnits(tx, { companyId, record, units: record.units, write, now });
  if (isNew) await assertNotGone(tx, options, record);
  if (kind === "customer" || kind === "lead") await recordAgreed(tx, { companyId, write, now }, { former, record });
  const location = await locationsOf(tx, companyId, { former, record });
  const fields = isNew ? [] : fieldNames(changed);
  await recordChange(tx, write, { companyId, kind, id, version, time: now, fields, ...(location ? { location } : {}) });
  return (isNew ? "created" : "updated") satisfies Mirrored;
}

interface LockedRecord {
  readonly former: MirroredRow | undefined;
  readonly record: MirroredRecord;
  readonly difference: Difference;
}

/** The record as it is to be stored, and in what the stored one differs, which no one else can change any more. */
async function lockedDifference(
  tx: Prisma.TransactionClient,
  options: MirrorOptions,
  given: MirroredRecord,
): Promise<LockedRecord> {
  const { companyId } = options;
  const former = await lockedRow(tx, companyId, given);
  const record = await withoutOptedOut(tx, options, given, former);
  if (!former) return { former, record, difference: { isNew: true, changed: [] } };
  const found = (await differencesOf(tx, companyId, [record])).get(record.id);
  return { former, record, difference: found ?? { isNew: false, changed: [] } };
}

function partsOf(parts: MirroredRecord["parts"]): readonly MirroredPart[] {
  return mirroredParts.filter((part) => parts[part] !== undefined);
}

/** The stored row. No one else can change or erase it until the transaction ends. */
async function lockedRow(tx: Prisma.TransactionClient, companyId: string, { kind, id }: MirroredRecord) {
  const rows = await tx.$queryRaw<{ row: MirroredRow }[]>`
    SELECT to_jsonb(t) AS row FROM ${Prisma.raw(kind)} t WHERE t.company_id = ${companyId} AND t.id = ${id}
    FOR NO KEY UPDATE`;
  return rows[0]?.row;
}

interface States {
  /** The stored row. Absent for a new record. */
  readonly former: MirroredRow | undefined;
  readonly record: MirroredRecord;
}

/** The record without what opt-outs of its lines forbid here. */
async function withoutOptedOut(
  tx: Prisma.TransactionClient,
  { companyId, optOutKeys }: MirrorOptions,
  record: MirroredRecord,
  former: MirroredRow | undefined,
): Promise<MirroredRecord> {
  const { lines, row } = record;
  if (!lines) return record;
  const before = former && { phones: [{ number: textOf(former["phone"]) }], email: textOf(former["email"]) };
  const channels = await optedOutChannels(tx, optOutKeys, { companyId, ...(before ? { before } : {}), after: lines });
  if (channels.length === 0) return record;
  const { choice } = respectingOptOut({ consent: consentOf(row), preference: preferenceOf(row) }, channels);
  const preference = record.kind === "customer" ? preferenceField.write(choice.preference) : {};
  return { ...record, row: { ...row, ...consentField.write(choice.consent), ...preference } };
}

async function countCustomer(
  tx: Prisma.TransactionClient,
  { companyId, customerCount }: Pick<MirrorOptions, "companyId" | "customerCount">,
  { former, record }: States,
): Promise<void> {
  const counted = former !== undefined && former["archived_time"] === null;
  const counts = (record.row["archived_time"] ?? null) === null;
  if (counted && !counts) await customerCount.decrement(tx, companyId);
  if (counted || !counts) return;
  const limit = await customerCount.increment(tx, companyId);
  if (limit === undefined) return;
  throw new DomainError("CUSTOMER_QUOTA_EXCEEDED", "The company has as many customers as it may have.", {
    metadata: { limit: String(limit) },
  });
}

/** What was erased or merged here does not come back. Asked after the insert, which waits for an erasure. */
async function assertNotGone(tx: Prisma.TransactionClient, options: MirrorOptions, { kind, id }: MirroredRecord) {
  if (kind !== "customer" && kind !== "lead" && kind !== "pet") return;
  const { companyId, pseudonym } = options;
  if (await isErased(tx, { companyId, kind, id, pseudonym })) throw erasedError(resources[kind], id);
  if (kind !== "customer") return;
  const merge = await tx.customerMerge.findFirst({ where: { companyId, fromId: id, undoneTime: null } });
  if (merge) throw mergedError("Customer", id, merge.survivorId);
}

const resources = { customer: "Customer", lead: "Lead", pet: "Pet" } as const;

/** The entry of the consent ledger, if the consent is new or another one. */
async function recordAgreed(
  tx: Prisma.TransactionClient,
  { companyId, write, now }: { readonly companyId: string; readonly write: WriteContext; readonly now: Date },
  { former, record: { kind, id, row } }: States,
): Promise<void> {
  const isCustomer = kind === "customer";
  const subject = { companyId, subjectKind: isCustomer ? "customer" : "lead", subjectId: id } as const;
  const after = consentOf(row);
  const preferenceAfter = isCustomer ? preferenceOf(row) : undefined;
  if (!former) return recordConsent(tx, write, { ...subject, after, preferenceAfter, time: now });
  const before = consentOf(former);
  const preferenceBefore = isCustomer ? preferenceOf(former) : undefined;
  if (sameConsent(before, after) && isDeepStrictEqual(preferenceBefore, preferenceAfter)) return;
  await recordConsent(tx, write, { ...subject, before, after, preferenceBefore, preferenceAfter, time: now });
}

/** Locations before and after, of the kinds that have one. */
async function locationsOf(tx: Prisma.TransactionClient, companyId: string, { former, record }: States) {
  const { kind, row } = record;
  if (kind === "pet") {
    const idOf = (one: MirroredRow | undefined) => one?.["customer_id"] ?? one?.["lead_id"];
    const places = await tx.$queryRaw<{ id: string; place: string | null }[]>`
      SELECT c.id::text AS id, c.preferred_business_id::text AS place FROM customer c
        WHERE c.company_id = ${companyId} AND c.id = ANY(${[textOf(idOf(former)), textOf(idOf(row))]}::text[])
      UNION ALL SELECT l.id::text, l.preferred_business_id::text FROM lead l
        WHERE l.company_id = ${companyId} AND l.id = ANY(${[textOf(idOf(former)), textOf(idOf(row))]}::text[])`;
    const placeOf = (one: MirroredRow | undefined) => places.find(({ id }) => id === idOf(one))?.place ?? undefined;
    return { before: placeOf(former), after: placeOf(row) };
  }
  if (kind !== "customer" && kind !== "lead" && kind !== "package") return undefined;
  const column = kind === "package" ? "business_id" : "preferred_business_id";
  const placeOf = (one: MirroredRow | undefined) => textOf(one?.[column]) || undefined;
  return { before: placeOf(former), after: placeOf({ ...former, ...row }) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What differs, as the API spells it. */
export function fieldNames(changed: readonly string[]): readonly string[] {
  const names = changed.map((name) => spelledByApi.get(name) ?? name).filter((name) => name !== "");
  return names.length === 0 ? ["last_updated_time"] : [...new Set(names)];
}

const consentColumns = Object.keys(consentField.columns);

/** Empty: what every change sets, or what no client sees. */
const spelledByApi = new Map<string, string>([
  ...consentColumns.map((name) => [name, "compliance_config"] as const),
  ...Object.keys(preferenceField.columns).map((name) => [name, "preference"] as const),
  ...["created_time", "created_by", "last_updated_time", "last_updated_by", "email_key"].map(
    (name) => [name, ""] as const,
  ),
  ...[["archived_time", "archived"] as const, ["deleted_time", "status"] as const],
  ...[["last_appointment_time", "last_appointment_date"] as const],
  ...[["next_appointment_time", "next_appointment_date"] as const],
  ...[["referral_source_id", "referral_source"] as const],
]);
