import { type Departed, departureReasons } from "../core/departure.js";

/** What a list shows only. Absent means any. */
export interface ListLimits {
  readonly businessIds?: readonly string[] | undefined;
  readonly customerIds?: readonly string[] | undefined;
  /** Of the records. */
  readonly ids?: readonly string[] | undefined;
}

/** Columns of an entry of a followed list. */
export interface EntryRow {
  readonly entry_id: string;
  readonly entry_time: Date;
  /** Why it left the list. Null for a record. */
  readonly departed: string | null;
  /** The record that it was merged into. Null for other reasons, and if the list does not show that one. */
  readonly merged_into: string | null;
}

/** The departed record of an entry. Undefined for a record that is in the list. */
export function toDeparted(
  companyId: string,
  { entry_id: id, entry_time: time, departed, merged_into: mergedInto }: EntryRow,
): Departed | undefined {
  if (departed === null) return undefined;
  const reason = departureReasons.words.find((word) => word === departed);
  if (!reason) throw new Error("unknown reason of a departure");
  return { departed: reason, companyId, id, lastUpdatedTime: time, ...(mergedInto === null ? {} : { mergedInto }) };
}

interface DepartureRead {
  readonly kind: "customer" | "lead" | "pet" | "package";
  readonly limits: ListLimits;
  /** Conditions on `departure AS d`. */
  readonly where: readonly string[];
  /** SQL of the number of departures to read. */
  readonly upTo: string;
}

/**
 * The departures of a list, as entries. A list of the whole company is left only by erasure and by merging. One of locations or
 * customers is read place by place, each from its index and no further than the page. `$1` is the company.
 */
export function departuresSql({ kind, limits, where, upTo }: DepartureRead, bind: (value: unknown) => string): string {
  const { businessIds, customerIds, ids } = limits;
  const named = ids ? [`d.resource_id = ANY(${bind(ids)}::text[])`] : [];
  const first = (
    ...places: readonly string[]
  ) => `SELECT d.resource_id AS entry_id, d.departed_time AS entry_time, d.reason AS departed, ${mergedInto()} AS merged_into
      FROM departure d WHERE ${[`d.company_id = $1 AND d.kind = '${kind}'`, ...places, ...named, ...where].join(" AND ")}
      ORDER BY d.departed_time, d.resource_id LIMIT ${upTo}`;
  if (customerIds) {
    const atLocation = businessIds ? [`d.business_id = ANY(${bind(businessIds)}::text[])`] : [];
    return ofEach(customerIds, (place) => first(`d.customer_id = ${place} AND d.customer_id <> ''`, ...atLocation));
  }
  if (businessIds) return ofEach(businessIds, (place) => first(`d.business_id = ${place}`));
  return first("d.reason <> 'MOVED'");

  /** Evaluated only for the departures that are read. Records other than customers are not merged. */
  function mergedInto(): string {
    if (kind !== "customer") return "NULL";
    const isShown = businessIds ? `AND s.preferred_business_id = ANY(${bind(businessIds)}::text[])` : "";
    return `CASE WHEN d.reason = 'MERGED' THEN (SELECT m.survivor_id FROM customer_merge m
        JOIN customer s ON s.company_id = m.company_id AND s.id = m.survivor_id
        WHERE m.company_id = $1 AND m.from_id = d.resource_id AND m.undone_time IS NULL ${isShown}) END`;
  }

  function ofEach(places: readonly string[], read: (place: string) => string): string {
    return `SELECT g.* FROM unnest(${bind(places)}::text[]) AS place (id) CROSS JOIN LATERAL (${read("place.id")}) g`;
  }
}
