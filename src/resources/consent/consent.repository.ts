import type { Consent } from "../../core/consent.js";
import { consentSources } from "../../core/consent-provenance.js";
import { channelsIn, type Withheld } from "../../core/contact-rule.js";
import type { Preference } from "../../core/preference.js";
import { accessFilterValues, accessPredicate, leadGrantPredicate } from "../../db/access-filter.js";
import { subjectsOfCustomer } from "../../db/consent-ledger.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { effectiveTime, newestFirst, preferenceJson } from "./consent.columns.js";
import type { ConsentEntry, ConsentRepository, ConsentSubject } from "./consent.model.js";

interface EntryRow {
  readonly id: string;
  readonly occurred_time: Date;
  readonly rpc: string;
  readonly key_id: string;
  readonly staff_id: string;
  readonly ip: string;
  readonly request_id: string;
  readonly before: Consent | null;
  readonly after: Consent;
  readonly preference_before: Preference | null;
  readonly preference_after: Preference | null;
  readonly effective_time: Date;
  readonly source: number;
  readonly recorded_by: string;
  readonly evidence_reference: string;
  readonly evidence_wording_version: string;
  readonly evidence_language: string;
  readonly evidence_address: string;
  readonly withheld: Withheld | null;
}

interface LastRow extends Omit<EntryRow, "id"> {
  readonly now: Date;
  /** Null if there is no entry. All other columns are then null too. */
  readonly id: string | null;
}

/** Reads the consent ledger. */
export function createConsentRepository(database: Database): ConsentRepository {
  return {
    async find({ kind, id }, accessFilter, signal) {
      const text = kind === "customer" ? seesCustomer : seesLead;
      const [row] = await database.read<SubjectRow>(text, [...accessFilterValues(accessFilter), id], signal);
      return row && (row.preference ? { preference: row.preference } : {});
    },

    async list(subject, page, signal) {
      const scope = [...scopeOf(subject), page.size + 1];
      const rows = page.after
        ? await database.read<EntryRow>(nextPage, [...scope, page.after.time, page.after.id], signal)
        : await database.read<EntryRow>(firstPage, [...scope, page.offset], signal);
      return rows.map(toEntry);
    },

    async lastAt(subject, at, signal) {
      const values = [...scopeOf(subject), at ?? null];
      const [row] = await database.read<LastRow>(lastBefore, values, signal);
      if (!row) throw new Error("the lookup returned no row");
      const { now, id } = row;
      return id === null ? { now } : { now, entry: toEntry({ ...row, id }) };
    },
  };
}

function scopeOf({ companyId, kind, id }: ConsentSubject): readonly string[] {
  return [companyId, kind, id];
}

interface SubjectRow {
  /** Null for a lead that is not promoted. */
  readonly preference: Preference | null;
}

const seesCustomer = statement(
  "consent.customer",
  `SELECT ${preferenceJson("c")} AS preference FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);
const seesLead = statement(
  "consent.lead",
  `SELECT (SELECT ${preferenceJson("p")} FROM customer p
     WHERE p.company_id = l.company_id AND p.id = l.promoted_customer_id) AS preference FROM lead l
   WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND ${leadGrantPredicate("l")}`,
);

const columns = `e.id, e.occurred_time, e.rpc, e.key_id, e.staff_id, e.ip, e.request_id, e.before, e.after,
  e.preference_before, e.preference_after, ${effectiveTime} AS effective_time, e.source, e.recorded_by,
  e.evidence_reference, e.evidence_wording_version, e.evidence_language, e.evidence_address, e.withheld`;

/**
 * The ledger follows the person: a lead and the customer that it was promoted to have the same entries, and so have merged
 * records.
 */
const person = `(SELECT f.kind, f.id FROM (SELECT CASE $2::text WHEN 'customer' THEN $3::text ELSE (
     SELECT l.promoted_customer_id FROM lead l WHERE l.company_id = $1 AND l.id = $3) END AS id) c
   CROSS JOIN LATERAL (${subjectsOfCustomer("$1", "c.id")}) f WHERE c.id IS NOT NULL
   UNION SELECT 'lead', $3::text WHERE $2 = 'lead') s`;
const ofPerson = "e.company_id = $1 AND e.subject_kind = s.kind AND e.subject_id = s.id";

const firstPage = statement(
  "consent.first_page",
  `SELECT e.* FROM ${person} CROSS JOIN LATERAL (
     SELECT ${columns} FROM consent_event e WHERE ${ofPerson} ${newestFirst} LIMIT $4::bigint + $5::bigint) e
   ${newestFirst} LIMIT $4::bigint OFFSET $5::bigint`,
);
const nextPage = statement(
  "consent.next_page",
  `SELECT e.* FROM ${person} CROSS JOIN LATERAL (
     SELECT ${columns} FROM consent_event e
     WHERE ${ofPerson} AND (e.occurred_time, e.id) < ($5, $6::bigint) ${newestFirst} LIMIT $4::bigint) e
   ${newestFirst} LIMIT $4::bigint`,
);

/**
 * One row, with nulls if there is no entry. Without a time the last entry is used whatever the clock says. Otherwise a
 * clock that is set back would make an older consent effective again.
 */
const lastBefore = statement(
  "consent.last",
  `SELECT clock.now, entry.* FROM (SELECT clock_timestamp() AS now) clock LEFT JOIN LATERAL (
     SELECT e.* FROM ${person} CROSS JOIN LATERAL (
       SELECT ${columns} FROM consent_event e
       WHERE ${ofPerson} AND ${effectiveTime} <= coalesce($4::timestamptz, 'infinity') ${newestFirst} LIMIT 1) e
     ${newestFirst} LIMIT 1) entry ON true`,
);

function toEntry(row: EntryRow): ConsentEntry {
  const source = consentSources.wordOf(row.source);
  const evidence = {
    ...{ reference: row.evidence_reference, wordingVersion: row.evidence_wording_version },
    ...{ language: row.evidence_language, address: row.evidence_address },
  };
  return {
    id: row.id,
    occurredTime: row.occurred_time,
    rpc: row.rpc,
    keyId: row.key_id,
    staffId: row.staff_id,
    ip: row.ip,
    requestId: row.request_id,
    ...(row.before ? { before: row.before } : {}),
    after: row.after,
    ...(row.preference_before ? { preferenceBefore: row.preference_before } : {}),
    ...(row.preference_after ? { preferenceAfter: row.preference_after } : {}),
    givenTime: row.effective_time,
    ...(source ? { source } : {}),
    ...(Object.values(evidence).some((text) => text !== "") ? { evidence } : {}),
    recordedBy: row.recorded_by || row.staff_id,
    withheldChannels: row.withheld ? channelsIn(row.withheld) : [],
  };
}
