import { isDeepStrictEqual } from "node:util";

/** A row of a table as JSON, by its columns. */
type JsonRow = Readonly<Record<string, unknown>>;

/** The states of one row: before the merge, as the merge left it, and now. */
interface States {
  readonly before: JsonRow;
  readonly after: JsonRow;
  readonly now: JsonRow;
}

interface Restored {
  /** The columns that get their former value. */
  readonly columns: JsonRow;
  /** Names of what changed after the merge, and stays. */
  readonly kept: readonly string[];
}

/** Columns of a customer that belong together: if one of them changed after the merge, all stay. */
const units: readonly (readonly [name: string, columns: readonly string[]])[] = [
  ["phones", ["phone"]],
  ["email", ["email", "email_key"]],
  [
    "compliance_config",
    [
      ...["service_related_channels", "marketing_campaigns_channels", "branded_app_enabled"],
      ...["is_agreed_marketing_policy", "is_consented", "receive_auto_message", "receive_auto_email"],
      ...["subscribe_to_marketing_emails", "receive_appointment_reminder"],
    ],
  ],
];

/** What every change sets, and what no merge changes. */
const untouched: readonly string[] = [
  ...["company_id", "id", "raw_id", "created_by", "created_time", "archived_time"],
  ...["version", "last_updated_by", "last_updated_time", "change_xid", "custom_fields"],
];

const spelledByApi: Readonly<Record<string, string>> = {
  referral_source_id: "referral_source",
  last_appointment_time: "last_appointment_date",
  next_appointment_time: "next_appointment_date",
  vip_level_id: "vip_level",
};

/**
 * The columns of the survivor as they were before the merge, unless they changed after it.
 *
 * @param keepsPhones whether the list of phones changed, to which the main phone belongs
 */
export function restoredCustomer(states: States, keepsPhones: boolean): Restored {
  const joined = units.flatMap(([, columns]) => columns);
  const single = Object.keys(states.after).filter((name) => !untouched.includes(name) && !joined.includes(name));
  const all = [...units, ...single.map((name) => [spelledByApi[name] ?? name, [name]] as const)];
  const restored = all.map(([name, columns]) => {
    const stays = (name === "phones" && keepsPhones) || columns.some((column) => differs(states, column));
    return stays ? { columns: {}, kept: [name] } : { columns: pick(states.before, columns), kept: [] };
  });
  const fields = restoredFields(states);
  return {
    columns: Object.assign({ custom_fields: fields.values }, ...restored.map(({ columns }) => columns)),
    kept: [...restored.flatMap(({ kept }) => kept), ...fields.kept],
  };
}

/** The same of a row whose columns are independent. */
export function restoredRow(states: States, names: readonly string[]): Restored {
  const kept = names.filter((name) => differs(states, name));
  const others = names.filter((name) => !kept.includes(name));
  return { columns: pick(states.before, others), kept: kept.map((name) => spelledByApi[name] ?? name) };
}

function differs({ after, now }: States, column: string): boolean {
  return !isDeepStrictEqual(after[column], now[column]);
}

function pick(row: JsonRow, columns: readonly string[]): JsonRow {
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}

/** Custom fields are independent of each other. */
function restoredFields(states: States) {
  const [before, after, now] = [states.before, states.after, states.now].map((row) => membersOf(row["custom_fields"]));
  const values: Record<string, unknown> = {};
  const kept: string[] = [];
  for (const code of new Set([before, after, now].flatMap((fields) => [...(fields?.keys() ?? [])]))) {
    const isKept = !isDeepStrictEqual(after?.get(code), now?.get(code));
    if (isKept) kept.push(`custom_fields.${code}`);
    const value = (isKept ? now : before)?.get(code);
    if (value !== undefined) values[code] = value;
  }
  return { values, kept };
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

/** The rows of both records after an undo. */
interface RestoredRows {
  readonly into: readonly JsonRow[];
  readonly from: readonly JsonRow[];
  readonly isKept: boolean;
}

interface RowStates {
  readonly from: readonly JsonRow[];
  readonly into: readonly JsonRow[];
  readonly after: readonly JsonRow[];
  readonly now: readonly JsonRow[];
}

/** The phones of both. A list that changed after the merge stays as it is. */
export function restoredList({ from, into, after, now }: RowStates): RestoredRows {
  const isKept = !isDeepStrictEqual(after, now);
  return { from, into: isKept ? now : into, isKept };
}

/**
 * Rows with a key of their own. What came after the merge stays with the survivor; what was removed since stays removed;
 * what was edited since goes back to its record with the edit.
 */
export function restoredByKey(states: RowStates, keyOf: (row: JsonRow) => string): RestoredRows {
  const { from, into, after, now } = states;
  const [afterByKey, nowByKey] = [after, now].map((rows) => new Map(rows.map((row) => [keyOf(row), row])));
  const back = (rows: readonly JsonRow[]) =>
    rows.flatMap((row) => {
      const [left, present] = [afterByKey?.get(keyOf(row)), nowByKey?.get(keyOf(row))];
      if (left === undefined) return [row];
      if (present === undefined) return [];
      return [isDeepStrictEqual(left, present) ? row : { ...present, customer_id: row["customer_id"] }];
    });
  const former = new Set(into.map(keyOf));
  const stays = now.filter((row) => !afterByKey?.has(keyOf(row)) && !former.has(keyOf(row)));
  return {
    from: back(from),
    into: [...stays, ...back(into)],
    isKept: !isDeepStrictEqual(after, now),
  };
}

/** At most one primary address: one that is primary since the merge stays so. */
export function withOnePrimary(rows: readonly JsonRow[], now: readonly JsonRow[]): readonly JsonRow[] {
  const primaries = rows.filter((row) => row["type"] === 1);
  if (primaries.length < 2) return rows;
  const present = now.find((row) => row["type"] === 1);
  const main = primaries.find((row) => row["id"] === present?.["id"]) ?? primaries[0];
  return rows.map((row) => (row["type"] === 1 && row !== main ? { ...row, type: 2 } : row));
}
