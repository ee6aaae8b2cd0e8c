import type { AccessFilter } from "../../core/access.js";
import type { Consent } from "../../core/consent.js";
import type { Preference } from "../../core/preference.js";
import { grantPredicate } from "../../db/access-filter.js";
import { subjectsOfCustomer } from "../../db/consent-ledger.js";
import { formsOf } from "../../db/contact-hash.js";
import type { Database } from "../../db/database.js";
import type { OptOutKeys } from "../../db/opt-out-key.js";
import { hashesOf, optedOutLinesSql, toChannels } from "../../db/opt-out-list.js";
import { statement } from "../../db/statement.js";
import { effectiveTime, newestFirst, preferenceJson } from "./consent.columns.js";
import type { LineFacts, LineQuestion } from "./opt-out.model.js";

interface Asked {
  readonly question: LineQuestion;
  readonly accessFilter: AccessFilter;
  readonly signal: AbortSignal;
}

interface FactsRow {
  readonly now: Date;
  readonly channels: readonly number[];
  /** Null if nobody has the line. */
  readonly holders: readonly HolderJson[] | null;
}

interface HolderJson {
  readonly after: Consent | null;
  readonly preference: Preference | null;
  readonly visible: boolean;
}

/** Consents, preferences and opt-outs of everybody who has a number or address. */
export async function readLineFacts(
  database: Database,
  keys: OptOutKeys,
  { question: { companyId, line, at }, accessFilter, signal }: Asked,
): Promise<LineFacts> {
  // A company without a key has no opt-outs.
  const key = keys.known(companyId) ?? (await keys.load(companyId, signal));
  const hashes = JSON.stringify(key ? hashesOf(key, [line]) : []);
  const values = [companyId, accessFilter.grants, formsOf(line), hashes, at ?? null];
  const [row] = await database.read<FactsRow>(line.kind === "EMAIL" ? byEmail : byPhone, values, signal);
  if (!row) throw new Error("the lookup returned no row");
  const holders = row.holders ?? [];
  return {
    now: row.now,
    optedOut: toChannels(row.channels),
    holders: holders.map(({ after, preference }) => ({
      ...(after ? { consent: after } : {}),
      ...(preference ? { preference } : {}),
    })),
    isVisible: holders.some(({ visible }) => visible),
  };
}

type Table = "customer" | "lead";

const byPhone = factsStatement(
  "consent.by_phone",
  (table) => `SELECT d.id FROM ${table} d WHERE d.company_id = $1 AND d.phone = ANY($3::text[]) AND d.phone <> ''
    UNION SELECT p.${table}_id FROM ${table}_phone p
    WHERE p.company_id = $1 AND p.number = ANY($3::text[]) AND p.position > 0`,
);
const byEmail = factsStatement(
  "consent.by_email",
  (table) => `SELECT d.id FROM ${table} d
    WHERE d.company_id = $1 AND d.email_key = ANY($3::text[]) AND d.email_key <> ''`,
);

/**
 * The rule by id for each holder: archived ones count as well, a promoted lead is its customer, and its entries are those of
 * its customer. `$2` has the grants of the API key. Without a time, the present preference counts.
 */
function factsStatement(name: string, having: (table: Table) => string) {
  const visible = grantPredicate("r").replaceAll("r.company_id", "$1::text");
  const subjects = { customer: subjectsOfCustomer("$1", "r.id"), lead: "SELECT 'lead' AS kind, r.id" };
  const lastEntry = (kind: Table) => `LEFT JOIN LATERAL (
      SELECT e.after, e.preference_after FROM (${subjects[kind]}) s
      JOIN consent_event e ON e.company_id = $1 AND e.subject_kind = s.kind AND e.subject_id = s.id
        AND ${effectiveTime} <= coalesce($5::timestamptz, 'infinity') ${newestFirst} LIMIT 1) e ON true`;
  return statement(
    name,
    `SELECT clock_timestamp() AS now,
  ARRAY(SELECT o.channel FROM (${optedOutLinesSql("$1", "$4", "coalesce($5::timestamptz, 'infinity')")}) o) AS channels,
  (SELECT json_agg(f) FROM (
    SELECT h.after, h.preference, bool_or(h.visible) AS visible FROM (
      SELECT e.after, CASE WHEN $5::timestamptz IS NULL THEN ${preferenceJson("r")}::jsonb ELSE e.preference_after END
        AS preference, ${visible} AS visible
      FROM customer r ${lastEntry("customer")} WHERE r.company_id = $1 AND r.id IN (${having("customer")})
      UNION ALL
      SELECT e.after, NULL, ${visible} FROM lead r ${lastEntry("lead")}
      WHERE r.company_id = $1 AND r.promoted_customer_id IS NULL AND r.id IN (${having("lead")})) h
    GROUP BY h.after, h.preference) f) AS holders`,
  );
}
