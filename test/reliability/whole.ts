import type pg from "pg";
import { type Acknowledged, packageId } from "./writers.js";

/** What of the acknowledged writes is not stored exactly once and whole; empty when all is well. */
export interface Losses {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Aggregates of which a part is missing. */
  readonly half: readonly string[];
  /** Sums that do not agree: ledgers with balances, the quota with the rows. */
  readonly sums: readonly string[];
}

/** Compares what the writers were told with what the company holds. Nobody else may write there meanwhile. */
export async function lossesOf(
  database: Pick<pg.Client, "query">,
  companyId: string,
  acknowledged: Acknowledged,
): Promise<Losses> {
  const { rows } = await database.query<StoredCustomer>(customersQuery, [companyId]);
  const stored = new Map(rows.map((row) => [row.id, row]));
  const lost: string[] = [];
  const half: string[] = [];
  const doubled: string[] = [];
  for (const [id, { count, lastName, notes }] of acknowledged.customers) {
    const row = stored.get(id);
    if (!row) lost.push(`customer ${id}`);
    else {
      if (row.last_name !== lastName) lost.push(`name of ${id}: ${row.last_name} and not ${lastName}`);
      const missing = notes.filter((note) => !row.notes.includes(note));
      if (missing.length > 0) lost.push(`notes of ${id}: ${missing}`);
      if (row.notes.length > notes.length) doubled.push(`notes of ${id}`);
      if (row.version !== 1 + count) doubled.push(`${id} has version ${row.version} after ${count} changes`);
      if (row.changes !== row.version || row.addresses !== 1 || row.consents !== 1) half.push(JSON.stringify(row));
    }
  }
  const promoted = new Map(rows.filter(isPromoted).map((row) => [row.source_lead_id, row]));
  for (const [leadId, customerId] of acknowledged.promoted) {
    const row = promoted.get(leadId);
    if (row?.id !== customerId) lost.push(`promotion of ${leadId}`);
    else if (row.pets !== 1 || row.changes !== row.version) half.push(JSON.stringify(row));
  }
  const created = rows.length - promoted.size;
  if (created !== acknowledged.customers.size) doubled.push(`${created} customers for ${acknowledged.customers.size}`);
  if (promoted.size !== acknowledged.promoted.size) doubled.push(`${promoted.size} promoted`);
  const { rows: totals } = await database.query<Totals>(totalsQuery, [companyId]);
  const [total] = totals;
  if (total?.leads !== acknowledged.promoted.size) doubled.push(`${total?.leads} leads`);
  const sums = [];
  if (total?.redeemed !== acknowledged.redeemed) sums.push(`${total?.redeemed} units for ${acknowledged.redeemed}`);
  if (total?.counter !== total?.customers) sums.push(`quota ${total?.counter} for ${total?.customers} customers`);
  return { lost, doubled, half, sums };
}

/** The losses in figures. */
export function counted({ lost, doubled, half, sums }: Losses): string {
  return `${lost.length} lost, ${doubled.length} duplicated, ${half.length} partial, ${sums.length} sums differ`;
}

/** What a test without losses has found. */
export const noLosses: Losses = { lost: [], doubled: [], half: [], sums: [] };

interface StoredCustomer {
  readonly id: string;
  readonly last_name: string;
  readonly source_lead_id: string | null;
  readonly version: number;
  readonly notes: readonly string[];
  readonly addresses: number;
  readonly pets: number;
  readonly consents: number;
  readonly changes: number;
}

interface Totals {
  readonly redeemed: number;
  readonly counter: number | null;
  readonly customers: number;
  readonly leads: number;
}

const isPromoted = (row: StoredCustomer) => row.source_lead_id !== null;

/** The customers that writers made: their first name says so. */
const customersQuery = `SELECT id, last_name, source_lead_id, version::int,
    ARRAY(SELECT note FROM customer_note n WHERE n.company_id = c.company_id AND n.customer_id = c.id) AS notes,
    (SELECT count(*)::int FROM customer_address a WHERE a.company_id = c.company_id AND a.customer_id = c.id) AS addresses,
    (SELECT count(*)::int FROM pet p WHERE p.company_id = c.company_id AND p.customer_id = c.id) AS pets,
    (SELECT count(*)::int FROM consent_event e
      WHERE e.company_id = c.company_id AND e.subject_kind = 'customer' AND e.subject_id = c.id) AS consents,
    (SELECT count(*)::int FROM change h
      WHERE h.company_id = c.company_id AND h.kind = 'customer' AND h.resource_id = c.id) AS changes
  FROM customer c WHERE company_id = $1 AND first_name IN ('Ada', 'Lea')`;

/** Of the company; only writers redeem there. */
const totalsQuery = `SELECT
    (SELECT -coalesce(sum(quantity), 0)::int FROM package_ledger
      WHERE company_id = $1 AND kind = 'REDEMPTION' AND package_id = '${packageId}') AS redeemed,
    (SELECT customers FROM company_customer_count WHERE company_id = $1) AS counter,
    (SELECT count(*)::int FROM customer WHERE company_id = $1 AND archived_time IS NULL) AS customers,
    (SELECT count(*)::int FROM lead WHERE company_id = $1 AND first_name = 'Lea') AS leads`;
