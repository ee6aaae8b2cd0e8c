import type { Consent } from "../core/consent.js";
import { consentSources } from "../core/consent-provenance.js";
import type { PastChoice, Withheld } from "../core/contact-rule.js";
import type { Preference } from "../core/preference.js";
import { Prisma } from "../gen/prisma/client.js";

interface LedgerRow {
  readonly owner: string;
  readonly occurredTime: Date;
  readonly after: Consent;
  readonly preferenceAfter: Preference | null;
  readonly withheld: Withheld | null;
  readonly givenTime: Date | null;
  readonly source: number;
  readonly recordedBy: string;
  readonly reference: string;
  readonly wordingVersion: string;
  readonly language: string;
  readonly address: string;
}

type Ledger = readonly (PastChoice & { readonly occurredTime: Date })[];

/**
 * Kinds and ids under which the ledger has the entries of a customer: its own, those of the leads that were promoted to
 * it, and those of the records that were merged into it.
 *
 * @param companyId SQL of the company, and of the customer
 */
export function subjectsOfCustomer(companyId: string, id: string): string {
  return `SELECT 'customer' AS kind, ${id} AS id
   UNION ALL SELECT 'lead', p.id FROM lead p WHERE p.company_id = ${companyId} AND p.promoted_customer_id = ${id}
   UNION ALL SELECT 'customer', m.from_id FROM customer_merge m
     WHERE m.company_id = ${companyId} AND m.survivor_id = ${id} AND m.undone_time IS NULL`;
}

/**
 * The consent ledgers of customers or leads by their ids, including those of their former leads and merged records. Oldest
 * entries come first.
 */
export async function readLedgers(
  tx: Prisma.TransactionClient,
  { companyId, kind }: { readonly companyId: string; readonly kind: "customer" | "lead" },
  ids: readonly string[],
): Promise<ReadonlyMap<string, Ledger>> {
  const subjects = { customer: subjectsOfCustomer("o.company_id", "o.id"), lead: "SELECT 'lead' AS kind, o.id" };
  const rows = await tx.$queryRaw<LedgerRow[]>`
    SELECT o.id AS owner, e.occurred_time AS "occurredTime", e.after, e.preference_after AS "preferenceAfter", e.withheld,
      e.given_time AS "givenTime", e.source, e.recorded_by AS "recordedBy", e.evidence_reference AS reference,
      e.evidence_wording_version AS "wordingVersion", e.evidence_language AS language, e.evidence_address AS address
    FROM (SELECT ${companyId}::text AS company_id, i.id FROM unnest(${[...ids]}::text[]) AS i (id)) o
    CROSS JOIN LATERAL (${Prisma.raw(subjects[kind])}) s
    JOIN consent_event e ON e.company_id = ${companyId} AND e.subject_kind = s.kind AND e.subject_id = s.id
    ORDER BY e.occurred_time, e.id`;
  const ledgers = new Map<string, Ledger>();
  for (const { owner, preferenceAfter, withheld, occurredTime, after, ...stated } of rows) {
    const { givenTime, source, recordedBy, ...evidence } = stated;
    const whole = {
      ...{ occurredTime, after },
      provenance: {
        ...{ source: consentSources.wordOf(source) ?? ("API" as const), recordedBy, evidence },
        ...(givenTime ? { givenTime } : {}),
      },
      ...(preferenceAfter ? { preferenceAfter } : {}),
      ...(withheld ? { withheld } : {}),
    };
    ledgers.set(owner, [...(ledgers.get(owner) ?? []), whole]);
  }
  return ledgers;
}
