import { type FixtureKey, fixtureKey, keyTables } from "../support/fixture-keys.js";
import type { TestServer } from "../support/server.js";

type Tables = Parameters<TestServer["insert"]>[0];
type Row = Readonly<Record<string, unknown>>;

/** Where one sequence of commands runs: a company of its own, with what commands refer to. */
export interface Company {
  readonly id: string;
  /** Most customers it may hold; none = no limit. */
  readonly limit: number | undefined;
  readonly keys: Readonly<Record<Who, FixtureKey>>;
}

/** Who calls: a key of the company that acts for `staff_1`, or one limited to its location `biz_1`. */
export type Who = "company" | "location";

/** Customers a limited company may hold. */
const limit = 2;
const companiesAtOnce = 50;
const settingTime = "2023-01-01T10:00:00Z";

/** Hands out companies that nobody has used; their rows are inserted many at a time. */
export function createCompanies(server: TestServer): (isLimited: boolean) => Promise<Company> {
  const ready = { limited: batches(true), unlimited: batches(false) };

  function batches(isLimited: boolean) {
    let made = 0;
    let batch: Promise<Company[]> = Promise.resolve([]);
    return async function take(): Promise<Company> {
      const before = batch;
      const company = (await before).shift();
      if (company) return company;
      // Of several that find the batch empty only the first fills it.
      if (batch === before) {
        made += companiesAtOnce;
        batch = fill(isLimited, made);
      }
      return take();
    };
  }

  async function fill(isLimited: boolean, upTo: number): Promise<Company[]> {
    const companies = Array.from({ length: companiesAtOnce }, (_, at) => company(upTo - at, isLimited));
    await server.insert(rowsOf(companies));
    return companies;
  }

  return (isLimited) => (isLimited ? ready.limited() : ready.unlimited());
}

function company(number: number, isLimited: boolean): Company {
  const id = `${isLimited ? "lim" : "cmp"}_${number}`;
  return {
    id,
    limit: isLimited ? limit : undefined,
    keys: {
      company: fixtureKey(`key_${id}`, [{ type: "COMPANY", id }], { staffId: "staff_1" }),
      location: fixtureKey(`key_${id}_biz`, [{ type: "BUSINESS", companyId: id, id: "biz_1" }]),
    },
  };
}

/** Ids repeat from company to company, so that a statement that forgets the tenant finds too much. */
function rowsOf(companies: readonly Company[]): Tables {
  const each = (rows: readonly Row[]): Row[] =>
    companies.flatMap(({ id }) => rows.map((row) => ({ company_id: id, archived_time: null, ...row })));
  const archived = { archived_time: "2024-01-01T00:00:00Z" };
  const dated = { last_updated_time: settingTime };
  const field = (association: 1 | 2, code: string, type: number, more: Row = {}): Row => ({
    ...{ id: `cf_${association}_${code}`, association_type: association, code, label: code, type },
    ...{ default_value: null, options: [], created_time: settingTime, ...dated, ...more },
  });
  return [
    [
      "company",
      companies.map(({ id, limit: most }) => ({
        ...{ id, name: id, country: "US", time_zone: "America/New_York", max_customers: most ?? null },
      })),
    ],
    [
      "company_customer_count",
      companies.flatMap(({ id, limit: most }) => (most === undefined ? [] : [{ company_id: id, customers: 0 }])),
    ],
    [
      "business",
      each([
        { id: "biz_1", name: "One" },
        { id: "biz_2", name: "Two" },
        { id: "biz_9", name: "Closed", ...archived },
      ]),
    ],
    [
      "staff",
      each([
        { id: "staff_1", first_name: "Alice" },
        { id: "staff_9", first_name: "Zoe", ...archived },
      ]),
    ],
    [
      "tag",
      each([
        {
          id: "tag_1",
          name: "VIP",
          name_key: "vip",
          group_name: "Loyalty",
          display_order: 1,
          last_updated_by: "staff_1",
          ...dated,
        },
        {
          id: "tag_2",
          name: "Biter",
          name_key: "biter",
          group_name: "",
          display_order: 2,
          last_updated_by: "",
          ...dated,
        },
        {
          id: "tag_9",
          name: "Retired",
          name_key: "retired",
          group_name: "",
          display_order: 3,
          last_updated_by: "",
          ...dated,
          ...archived,
        },
      ]),
    ],
    [
      "referral_source",
      each([
        { id: "ref_1", name: "Web", ...dated },
        { id: "ref_2", name: "Friend", ...dated },
        { id: "ref_9", name: "Press", ...dated, ...archived },
      ]),
    ],
    [
      "custom_field",
      each([
        field(1, "field_text", 1),
        field(1, "field_size", 6, {
          options: ["S", "M"].map((text) => ({ value: { string: text }, label: text, sortOrder: 0 })),
        }),
        field(1, "field_points", 3, { default_value: { int64: "7" } }),
        field(1, "field_old", 1, archived),
        field(2, "field_text", 1),
        field(2, "field_size", 1),
        field(2, "field_budget", 3),
        field(2, "field_old", 1),
      ]),
    ],
    [
      "life_cycle",
      each([
        { id: "lc_1", name: "New", display_order: 1, is_default: true, ...dated },
        { id: "lc_2", name: "Qualified", display_order: 2, is_default: false, ...dated },
        { id: "lc_9", name: "Cold", display_order: 3, is_default: false, ...dated, ...archived },
      ]),
    ],
    [
      "action_status",
      each([
        { id: "as_1", name: "To call", color: "#FF0000", ...dated },
        { id: "as_9", name: "Faxed", color: "", ...dated, ...archived },
      ]),
    ],
    [
      "service",
      each([
        {
          id: "srv_1",
          name: "Wash",
          service_item_type: 1,
          service_type: 1,
          price_currency: "USD",
          price_units: 40,
          ...dated,
        },
        {
          id: "srv_2",
          name: "Cut",
          service_item_type: 1,
          service_type: 1,
          price_currency: "USD",
          price_units: 40,
          ...dated,
        },
      ]).map(({ archived_time: _, ...row }) => row),
    ],
    ...keyTables(companies.flatMap(({ keys }) => Object.values(keys))),
  ];
}
