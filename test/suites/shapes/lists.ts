import type { Sent } from "./shape.js";

const companyId = "cmp_a";
const page = { companyId, pagination: { pageSize: 20, pageToken: "1" } };

/** Lists as clients ask for them, with the ids that they get. */
export const lists: readonly (readonly [what: string, sent: Sent, rows: string, ids: readonly string[]])[] = [
  ["leads, businessIds", { to: "leads:list", body: { ...page, businessIds: ["biz_a2"] } }, "leads", ["lcus_a2"]],
  ["leads, no businessIds", { to: "leads:list", body: { ...page, businessIds: [] } }, "leads", leadIds()],
  ["leads, a businessId", { to: "leads:list", body: { ...page, business_ids: "biz_a2" } }, "leads", ["lcus_a2"]],
  [
    "leads, businessIds beside a filter",
    { to: "leads:list", body: { ...page, businessIds: ["biz_a2"], filter: { lifeCycleId: "lc_a2" } } },
    "leads",
    [],
  ],
  [
    "leads, businessIds that differ from the filter",
    { to: "leads:list", body: { ...page, businessIds: ["biz_a2"], filter: { preferredBusinessIds: ["biz_a1"] } } },
    "leads",
    [],
  ],
  [
    "customers, filter.ids",
    { to: "customers:list", body: { ...page, filter: { ids: ["cus_a1", "cus_c1", "cus_a9"] } } },
    "customers",
    ["cus_a1"],
  ],
  [
    "customers, filter.ids as text",
    { to: "customers:list", body: { ...page, filter: { ids: "cus_a1, cus_a2" } } },
    "customers",
    ["cus_a2", "cus_a1"],
  ],
  ["staffs", { to: "staffs:list", body: page }, "staffs", ["staff_a2", "staff_a1", "staff_a9"]],
  [
    "staffs, includeDeleted",
    { to: "staffs:list", body: { ...page, includeDeleted: true } },
    "staffs",
    ["staff_a2", "staff_a1", "staff_a9"],
  ],
  [
    "staffs, not includeDeleted",
    { to: "staffs:list", body: { ...page, includeDeleted: false } },
    "staffs",
    ["staff_a2", "staff_a1"],
  ],
];

function leadIds() {
  return ["lcus_both", "lcus_a3", "lcus_a2", "lcus_a1"];
}
