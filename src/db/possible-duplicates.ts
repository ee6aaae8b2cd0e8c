import { phoneForms } from "../core/phone/numbering-plan.js";
import {
  type DuplicateView,
  maxDuplicates,
  type PossibleDuplicate,
  type PossibleDuplicates,
} from "../core/possible-duplicate.js";
import { foldCase } from "../core/text.js";
import type { Database } from "./database.js";
import { namedStatement } from "./named-statement.js";
import { isOneOf } from "./phone-condition.js";

interface DuplicateRow {
  readonly kind: "CUSTOMER" | "LEAD";
  readonly id: string;
  readonly archived: boolean;
  readonly by_phone: boolean;
  readonly by_email: boolean;
}

export interface Contacts {
  readonly phones: readonly { readonly number: string }[];
  readonly email: string;
}

/**
 * Whether a customer or lead may have one of the numbers or the email address, visible or not, for a statement that
 * creates one. It reads the indexes alone, so that a create without duplicates costs little more. Each order is the
 * one of an index, otherwise the planner reads the whole table as long as it expects few rows.
 *
 * @param slots number of numbers in the statement
 * @param notLead SQL of the id of a lead that does not count
 */
export function duplicateProbe(slots: number, notLead?: string): string {
  return `(${[...probes("customer", slots), ...probes("lead", slots, notLead)].join("\n    OR ")})`;
}

function probes(table: "customer" | "lead", slots: number, except?: string): readonly string[] {
  const isOther = (id: string) => (except === undefined ? "" : ` AND ${id} <> ${except}`);
  const isAsked = isOneOf(slotNames(slots).map((name) => `:${name}`));
  const byPhone = slots === 1 ? "" : "d.phone, ";
  const byNumber = slots === 1 ? "" : "d.number, ";
  const flag = table === "customer" ? ":seesCustomers" : ":seesLeads";
  return [
    `SELECT true FROM ${table} d WHERE d.company_id = :companyId AND ${isAsked("d.phone")} AND d.phone <> ''${isOther("d.id")}
      ORDER BY ${byPhone}d.created_time DESC, d.id DESC`,
    `SELECT true FROM ${table}_phone d WHERE d.company_id = :companyId AND ${isAsked("d.number")} AND d.position > 0${isOther(`d.${table}_id`)}
      ORDER BY ${byNumber}d.${table}_id`,
    `SELECT true FROM ${table} d WHERE d.company_id = :companyId AND d.email_key = :duplicateEmail AND d.email_key <> ''${isOther("d.id")}
      ORDER BY d.created_time DESC, d.id DESC`,
  ].map((probe) => `${flag}::boolean AND (${probe} LIMIT 1) IS NOT NULL`);
}

/**
 * A statement for each number of slots: for an array of unknown length the planner expects ten values, estimates the
 * generic plan as expensive and replans every execution. Most records have one number.
 */
export function withSlots<S>(make: (slots: number) => S) {
  const made = new Map<number, S>();
  return (record: Contacts): S => {
    const slots = slotsFor(numbersOf(record));
    const known = made.get(slots) ?? make(slots);
    made.set(slots, known);
    return known;
  };
}

/** Ten phones in all their forms fit. */
const slotCounts = [1, 4, 16, 64] as const;

function slotsFor(numbers: readonly string[]): number {
  return slotCounts.find((slots) => slots >= numbers.length) ?? 64;
}

function slotNames(slots: number): readonly string[] {
  return Array.from({ length: slots }, (_, slot) => `duplicateNumber${slot}`);
}

/** All forms of all numbers. */
export function numbersOf({ phones }: Contacts): readonly string[] {
  return [...new Set(phones.flatMap(({ number }) => phoneForms(number)))];
}

export type ProbeParameters = ReturnType<typeof probeParameters>;

export function probeParameters(record: Contacts, { customers, leads, businessIds }: DuplicateView) {
  const numbers = numbersOf(record);
  const slots: Record<string, string> = {};
  for (const [slot, name] of slotNames(slotsFor(numbers)).entries()) slots[name] = numbers[slot] ?? numbers[0] ?? "";
  return {
    ...{ ...slots, duplicateNumbers: numbers, duplicateEmail: foldCase(record.email) },
    ...{ seesCustomers: customers, seesLeads: leads, seenBusinessIds: businessIds ?? null },
  };
}

/** Whether the row `d` may be named. The flag is known before the execution, so an invisible kind costs nothing. */
const isSeen = {
  customer: `:seesCustomers::boolean AND (:seenBusinessIds::text[] IS NULL OR d.preferred_business_id = ANY(:seenBusinessIds::text[]))`,
  lead: `:seesLeads::boolean AND (:seenBusinessIds::text[] IS NULL OR d.preferred_business_id = ANY(:seenBusinessIds::text[]))
    AND d.promoted_customer_id IS NULL AND d.archived_time IS NULL`,
} as const;

/** The new record itself may be one of them, and one more than a response names tells whether there are more. */
const newest = `ORDER BY d.created_time DESC, d.id DESC LIMIT ${maxDuplicates + 2}`;

/**
 * The newest records for each number and for the email address, each by its own index. The newest of all are among
 * them, with everything that they match by.
 *
 * The numbers are JSON, of which the planner expects the same number of rows whatever it contains. Of an array it would
 * expect one row if it knew it, find the generic plan expensive, and plan every execution again.
 */
function branches(table: "customer" | "lead"): string {
  const columns = `'${table.toUpperCase()}' AS kind, d.id, d.created_time, d.archived_time IS NOT NULL AS archived`;
  const numbers = "jsonb_array_elements_text(:duplicateNumbers::jsonb) f (number)";
  const seen = `d.company_id = :companyId AND ${isSeen[table]}`;
  return `SELECT d.*, true AS by_phone, false AS by_email FROM ${numbers}, LATERAL (
      SELECT ${columns} FROM ${table} d WHERE ${seen} AND d.phone = f.number AND d.phone <> '' ${newest}) d
    UNION ALL SELECT d.*, true, false FROM ${numbers}, LATERAL (
      SELECT ${columns} FROM ${table}_phone p JOIN ${table} d ON d.company_id = p.company_id AND d.id = p.${table}_id
      WHERE p.company_id = :companyId AND p.number = f.number AND p.position > 0 AND ${seen} AND d.phone <> '' ${newest}) d
    UNION ALL (SELECT ${columns}, false, true FROM ${table} d
      WHERE ${seen} AND d.email_key = :duplicateEmail AND d.email_key <> '' ${newest})`;
}

interface StoredContact extends Contacts {
  readonly companyId: string;
  readonly id: string;
}

interface DuplicateSearch {
  readonly kind: DuplicateRow["kind"];
  readonly record: StoredContact;
  readonly view: DuplicateView;
}

/** Other records with a phone or the email address of a stored one. */
export async function readDuplicates(
  database: Database,
  { kind, record, view }: DuplicateSearch,
  signal: AbortSignal,
): Promise<PossibleDuplicates> {
  const { companyId, id, email } = record;
  const values = readStatement.values({
    ...{ companyId, kind, id, duplicateEmail: foldCase(email), duplicateNumbers: JSON.stringify(numbersOf(record)) },
    ...{ seesCustomers: view.customers, seesLeads: view.leads, seenBusinessIds: view.businessIds ?? null },
  });
  const rows = await database.read<DuplicateRow>(readStatement, values, signal);
  return { records: rows.slice(0, maxDuplicates).map(toDuplicate), hasMore: rows.length > maxDuplicates };
}

function toDuplicate({ kind, id, archived, by_phone, by_email }: DuplicateRow): PossibleDuplicate {
  return { kind, id, archived, matches: toMatches({ by_phone, by_email }) };
}

export function toMatches({ by_phone, by_email }: Pick<DuplicateRow, "by_phone" | "by_email">) {
  return [...(by_phone ? (["PHONE"] as const) : []), ...(by_email ? (["EMAIL"] as const) : [])];
}

interface ReadParameters {
  readonly [name: string]: unknown;
  readonly seesCustomers: boolean;
  readonly seesLeads: boolean;
  readonly seenBusinessIds: readonly string[] | null;
}

const readStatement = namedStatement<ReadParameters>(
  "contact.duplicates",
  `SELECT kind, id, archived, bool_or(by_phone) AS by_phone, bool_or(by_email) AS by_email FROM (
  ${branches("customer")}
  UNION ALL ${branches("lead")}) m
  WHERE (kind, id) <> (:kind, :id) GROUP BY kind, id, created_time, archived
  ORDER BY kind, created_time DESC, id DESC LIMIT ${maxDuplicates + 1}`,
);
