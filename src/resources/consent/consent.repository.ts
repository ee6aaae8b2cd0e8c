import type { Consent } from "../../core/consent.js";
import type { Preference } from "../../core/preference.js";
import { accessFilterValues, accessPredicate, leadGrantPredicate } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { statement } from "../../db/statement.js";
import { newestFirst, preferenceJson } from "./consent.columns.js";
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
      if (!row) return undefined;
      const { promoted_customer_id: promotedCustomerId, preference } = row;
      return { ...(promotedCustomerId === null ? {} : { promotedCustomerId }), ...(preference ? { preference } : {}) };
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
  readonly promoted_customer_id: string | null;
  /** Null for a lead. */
  readonly preference: Preference | null;
}

const seesCustomer = statement(
  "consent.customer",
  `SELECT NULL AS promoted_customer_id, ${preferenceJson("c")} AS preference FROM customer c WHERE ${accessPredicate("c")} AND c.id = $3`,
);
const seesLead = statement(
  "consent.lead",
  `SELECT l.promoted_customer_id, NULL AS preference FROM lead l
   WHERE l.company_id = ANY($1::text[]) AND l.id = $3 AND ${leadGrantPredicate("l")}`,
);

const columns = "e.id, e.occurred_time, e.rpc, e.key_id, e.staff_id, e.ip, e.request_id, e.before, e.after";
const ofSubject = "e.company_id = $1 AND e.subject_kind = $2 AND e.subject_id = $3";

const firstPage = statement(
  "consent.first_page",
  `SELECT ${columns} FROM consent_event e WHERE ${ofSubject} ${newestFirst} LIMIT $4 OFFSET $5`,
);
const nextPage = statement(
  "consent.next_page",
  `SELECT ${columns} FROM consent_event e WHERE ${ofSubject} AND (e.occurred_time, e.id) < ($5, $6::bigint) ${newestFirst} LIMIT $4`,
);

/**
 * One row, with nulls if there is no entry. Without a time the last entry is used whatever the clock says. Otherwise a
 * clock that is set back would make an older consent effective again.
 */
const lastBefore = statement(
  "consent.last",
  `SELECT clock.now, entry.* FROM (SELECT clock_timestamp() AS now) clock LEFT JOIN LATERAL (
     SELECT ${columns} FROM consent_event e
     WHERE ${ofSubject} AND e.occurred_time <= coalesce($4::timestamptz, 'infinity') ${newestFirst} LIMIT 1) entry ON true`,
);

function toEntry(row: EntryRow): ConsentEntry {
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
  };
}
