import type { FieldSearch, NameSearch } from "../core/record-search.js";
import type { Bind } from "./record-list.js";

/** The table with the search keys of customers or leads. */
interface SearchTable {
  readonly table: "customer" | "lead";
  /** Alias of the row whose search keys are compared. */
  readonly alias: string;
}

/**
 * Conditions on the name and the custom fields. `$1` is the company. The keys are in one index, which finds the records
 * of the company that meet all conditions; only limits and the case of options are compared with the records.
 */
export function searchConditions(
  { table, alias }: SearchTable,
  { name = [], namePrefix = [] }: NameSearch,
  fields: readonly FieldSearch[],
  bind: Bind,
): string[] {
  const keys = [
    ...name.map((word) => `searched_name_keys($1, ${bind(word)}, true)`),
    ...namePrefix.map((word) => `searched_name_keys($1, ${bind(word)}, false)`),
    ...fields.map(({ code, values }) => fieldKeys(bind(code), values, bind)),
  ];
  if (keys.length === 0) return [];
  const found = keys.map((one) => `s.keys && ${one}`).join(" AND ");
  return [
    // As an array: for a page of a list the planner would otherwise walk the newest records and compare the keys of each.
    `${alias}.id = ANY(ARRAY(SELECT s.${table}_id::text FROM ${table}_search s WHERE s.company_id = $1 AND ${found}))`,
    ...fields.flatMap((field) => exactConditions(`${alias}.custom_fields`, field, bind)),
  ];
}

function fieldKeys(code: string, values: readonly string[] | undefined, bind: Bind): string {
  if (!values) return `ARRAY[field_key($1, ${code}::text)]`;
  return `ARRAY(SELECT field_value_key($1, ${code}::text, v) FROM unnest(${bind(values)}::jsonb[]) AS v)`;
}

function exactConditions(column: string, { code, options, member, min, max }: FieldSearch, bind: Bind): string[] {
  const type = member === "int64" ? "numeric" : "timestamptz";
  // Bound only where it is used: the type of an unused parameter is unknown.
  const value = () => `${column} -> ${bind(code)}::text`;
  const limited = () => `(${value()} ->> '${member}')::${type}`;
  return [
    ...(options
      ? [
          `(${value()} ->> 'string' = ANY(${bind(options)}::text[])
            OR ${value()} -> 'stringList' -> 'values' ?| ${bind(options)}::text[])`,
        ]
      : []),
    ...(min === undefined ? [] : [`${limited()} >= ${bind(min)}::${type}`]),
    ...(max === undefined ? [] : [`${limited()} <= ${bind(max)}::${type}`]),
  ];
}
