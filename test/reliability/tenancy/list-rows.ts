import { foreignId, neighbour, tenant } from "./neighbour.js";
import { planted } from "./planted.js";

const kinds = [
  { kind: "customer", found: "cus_a1", copied: "cus_a2", like: { assigned_staff_id: "staff_a1" } },
  {
    ...{ kind: "lead", found: "lcus_a1", copied: "lcus_a2" },
    like: { allocate_staff_id: "staff_a1", action_status_id: "as_a1", life_cycle_id: "lc_a1" },
  },
] as const;
const both = `company_id IN ('${tenant}', '${neighbour}')`;

/** The neighbour's copy of a row under another id. */
function copy(table: string, copied: string, more: object, company = neighbour): string {
  return `INSERT INTO ${table} SELECT (jsonb_populate_record(r, '${JSON.stringify(more)}')).* FROM ${table} r
    WHERE company_id = '${company}' AND id = '${copied}'`;
}

const gone = planted.gone;
const here = { business_id: "biz_a1" };
const unique = { phone: "", email: "", email_key: "", promoted_customer_id: null, source_lead_id: null };

/** What searches, orders and lists of changes would find of the neighbour, or hide because of it. */
export const listRows: readonly string[] = [
  ...kinds.flatMap(({ kind, found, copied, like }, place) => {
    const person = { ...unique, archived_time: null, preferred_business_id: "biz_a1", ...like };
    const last = { ...person, id: planted.last, raw_id: 990_050 + place, last_name: "Else" };
    return [
      `UPDATE ${kind} SET first_name = '!', last_name = 'Quincy', ${Object.keys(like)[0]} = 'staff_a1'
       WHERE company_id = '${tenant}' AND id = '${found}'`,
      copy(kind, copied, { ...last, first_name: "~" }, tenant),
      copy(kind, copied, { ...last, first_name: "!zq." }),
      copy(kind, copied, { ...person, id: gone, raw_id: 990_060 + place, first_name: "zq." }),
      `INSERT INTO ${kind}_tag (company_id, ${kind}_id, tag_id) VALUES ('${neighbour}', '${planted.last}', 'tag_a1')`,
      // Keys contain the company: only by chance are the neighbour's those of the tenant.
      `UPDATE ${kind}_search SET keys = (SELECT keys FROM ${kind}_search WHERE company_id = '${tenant}' AND ${kind}_id = '${found}')
       WHERE company_id = '${neighbour}' AND ${kind}_id = '${planted.last}'`,
    ];
  }),
  copy("pet", "pet_a1", { id: gone, raw_id: 990_070 }),
  copy("package", "pkg_a1", { id: gone, ...here }),
  // An id that left the tenant's list and is in the neighbour's, and one that left the neighbour's.
  ...["customer", "lead", "pet", "package"].map(
    (kind) => `INSERT INTO departure (company_id, kind, resource_id, business_id, customer_id, reason, departed_time)
      SELECT company, '${kind}', id, 'biz_a1', 'cus_a1', 'ERASED', '2024-06-01T10:00:00Z'
      FROM (VALUES ('${tenant}', '${gone}'), ('${neighbour}', 'zq.left')) left_list (company, id)`,
  ),
  // Of a customer of the neighbour, and gone from that customer's list.
  copy("package", "pkg_a1", { id: planted.orphan, customer_id: foreignId("cus_a1") }, tenant),
  `INSERT INTO departure (company_id, kind, resource_id, business_id, customer_id, reason, departed_time)
   VALUES ('${tenant}', 'package', '${planted.orphan}', 'biz_a1', '${foreignId("cus_a1")}', 'MOVED', '2024-06-01T10:00:00Z')`,
  // Went to another location with the customer, whose namesake is at this one.
  `UPDATE lead SET preferred_business_id = 'biz_a1' WHERE company_id = '${tenant}' AND id = '${planted.promotedLeadOfOwn}'`,
  `INSERT INTO departure (company_id, kind, resource_id, business_id, reason, departed_time)
   VALUES ('${tenant}', 'lead', '${planted.promotedLeadOfOwn}', 'biz_a1', 'MOVED', '2024-06-01T10:00:00Z')`,
  // As old as the changes that are asked for.
  ...["customer", "lead", "pet", "package"].map(
    (kind) => `UPDATE ${kind} SET last_updated_time = '2024-06-02T10:00:00Z'
      WHERE ${both} AND (starts_with(id, 'planted.') OR id IN ('cus_a1', 'lcus_a1', 'pet_a1', 'pkg_a1'))`,
  ),
];
