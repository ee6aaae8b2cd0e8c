import { phoneForms } from "../../core/phone/numbering-plan.js";
import { accessFilterValues } from "../../db/access-filter.js";
import type { Database } from "../../db/database.js";
import { quickStatement, type Statement } from "../../db/statement.js";
import { type LeadRow, leadChildren, leadColumns, toLead } from "../leads/lead.columns.js";
import type { AnsweredField, Caller, CallerLookup, CallerMatch, CallerRepository } from "./caller.model.js";
import { type FieldJson, fieldsJson, toField } from "./caller-field.repository.js";
import { type MatchRow, matchesStatement, toMatch } from "./caller-match.columns.js";
import {
  type FoundCustomer,
  fromRecord,
  fromValues,
  type RecordRow,
  recordColumns,
  staffNameBy,
  type ValuesRow,
  valuesColumns,
} from "./caller-record.columns.js";
import {
  companyId,
  findable,
  findsLeads,
  type SearchShape,
  searchConditions,
  searchValues,
  shapeOf,
} from "./caller-search.columns.js";

/** What every row has. There is always a row; the columns of the customer are null if none was found. */
interface ProbeRow {
  readonly is_found: boolean;
  /** Whether others may match: customers by another phone, or leads. */
  readonly others: boolean;
  readonly fields: readonly FieldJson[] | null;
}

/** A caller, and the custom fields with the options that it has chosen. */
interface ReadCaller {
  readonly caller: Caller;
  readonly fields: readonly AnsweredField[];
}

interface Probe {
  /** Customers that have the values as their own, at most two. */
  readonly found: readonly (FoundCustomer & ReadCaller)[];
  readonly others: boolean;
  /** For a caller without values of custom fields. */
  readonly fields: readonly AnsweredField[];
}

/** The values of the lookup in SQL. */
interface Search {
  readonly lookup: CallerLookup;
  readonly shape: SearchShape;
  readonly values: readonly unknown[];
  readonly signal: AbortSignal;
}

/**
 * One statement answers most calls: one customer has the values, and nobody else. It looks for others in the indexes
 * alone. If there may be any, a second statement lists all matches, and a third one reads the first of them unless it
 * was read before. A single statement for all of it would slow down every call by half.
 */
export function createCallerFind(database: Database): CallerRepository["find"] {
  async function readProbe({ lookup, shape, values, signal }: Search): Promise<Probe> {
    if (lookup.needsRecord) {
      const text = planned("caller.record", shape, () => probeStatement("caller.record", recordColumns, shape));
      return toProbe(await database.read<RecordRow & ProbeRow>(text, values, signal), fromRecord);
    }
    const text = planned("caller.values", shape, () => probeStatement("caller.values", valuesColumns, shape));
    return toProbe(await database.read<ValuesRow & ProbeRow>(text, values, signal), fromValues);
  }

  async function readCaller(
    { lookup, signal }: Search,
    { kind, id }: CallerMatch,
    fields: readonly AnsweredField[],
  ): Promise<ReadCaller | undefined> {
    const { accessFilter, needsRecord } = lookup;
    if (kind === "CUSTOMER") {
      const { found } = await readProbe(searchOf({ accessFilter, needsRecord, id }, signal));
      return found[0];
    }
    const values = [...accessFilterValues(accessFilter), id];
    const [row] = await database.read<LeadRow & { staff_name: string }>(leadStatement, values, signal);
    return row && { caller: { kind, lead: toLead(row), staffName: row.staff_name ?? "" }, fields };
  }

  return async function find(lookup, signal) {
    const search = searchOf(lookup, signal);
    const { found, others, fields } = await readProbe(search);
    const [only, second] = found;
    if (!others && !second) {
      if (!only) return { matches: [], matchCount: 0, fields };
      const { matchedPhone, ...match } = only.match;
      const matches = [lookup.phone === undefined ? match : only.match];
      return { caller: only.caller, matches, matchCount: 1, fields: only.fields };
    }
    const text = planned("caller.matches", search.shape, matchesStatement);
    const rows = await database.read<MatchRow>(text, search.values, signal);
    const matches = rows.map((row) => toMatch(row, lookup.phone !== undefined));
    const [first] = matches;
    if (!first) return { matches: [], matchCount: 0, fields };
    const known = found.find(({ match }) => first.kind === "CUSTOMER" && match.id === first.id);
    const read = known ?? (await readCaller(search, first, fields));
    // Archived or promoted after the statement before.
    if (!read) return find(lookup, signal);
    return { caller: read.caller, matches, matchCount: Number(rows[0]?.match_count), fields: read.fields };
  };
}

function searchOf(lookup: CallerLookup, signal: AbortSignal): Search {
  const forms = lookup.phone === undefined ? [] : phoneForms(lookup.phone);
  const shape = shapeOf(lookup, forms);
  const values = [...accessFilterValues(lookup.accessFilter), ...searchValues(lookup, shape, forms)];
  return { lookup, shape, values, signal };
}

const statements = new Map<string, Statement>();

/**
 * The statement of a name for the given values, one of fifteen for each number of forms of the phone. Each has its own
 * text, so that PostgreSQL plans it once. A single text would have to join tables that it does not need.
 */
function planned(name: string, shape: SearchShape, make: (shape: SearchShape) => Statement): Statement {
  const key = `${name} ${shape.asked.join("_")} ${shape.forms}`;
  const known = statements.get(key) ?? make(shape);
  statements.set(key, known);
  return known;
}

/** `$1`, `$2`: see db/access-filter.ts; `$1` contains one company. From `$3` on, see caller-search.columns.ts. */
function probeStatement(name: string, columns: string, shape: SearchShape): Statement {
  const { direct } = searchConditions("customer", shape);
  return quickStatement(
    `${name}_by_${shape.asked.join("_")}`,
    `SELECT ${columns}, c.id IS NOT NULL AS is_found, ${fieldsJson} AS fields, ${othersSql(shape)} AS others
     FROM (VALUES (1)) one
     LEFT JOIN (SELECT * FROM customer m WHERE ${findable.customer("m")} AND ${direct} LIMIT 2) c ON true`,
  );
}

/** True as well for those that cannot be found, such as archived ones: an index has no more to decide it by. */
function othersSql(shape: SearchShape): string {
  const { direct, indirect, isAsked } = searchConditions("lead", shape);
  const byPhone = (table: "customer" | "lead") => `EXISTS (SELECT 1 FROM ${table}_phone p
    WHERE p.company_id = ${companyId} AND p.position > 0 AND ${isAsked("p.number")})`;
  const others = [
    ...(indirect === undefined ? [] : [byPhone("customer")]),
    ...(findsLeads(shape) ? [`EXISTS (SELECT 1 FROM lead m WHERE m.company_id = ${companyId} AND ${direct})`] : []),
    ...(findsLeads(shape) && indirect !== undefined ? [byPhone("lead")] : []),
  ];
  return others.length === 0 ? "false" : others.join(" OR ");
}

/** `$3` is the id. */
const leadStatement = quickStatement(
  "caller.lead",
  `SELECT ${leadColumns}, ${leadChildren}, ${staffNameBy("l.allocate_staff_id")} AS staff_name FROM lead l
   WHERE l.id = $3 AND ${findable.lead("l")}`,
);

function toProbe<R extends ProbeRow>(rows: readonly R[], read: (row: R) => FoundCustomer): Probe {
  const fieldsOf = (row: R | undefined) => row?.fields?.map(toField) ?? [];
  const found = rows.filter((row) => row.is_found).map((row) => ({ ...read(row), fields: fieldsOf(row) }));
  return { found, others: rows[0]?.others ?? false, fields: fieldsOf(rows[0]) };
}
