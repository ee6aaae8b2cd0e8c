import type { Tenant } from "../faults/world.js";
import { type ByName, done, newId, type PagedKind, type Place } from "./paged-kind.js";

const admin = ({ companyId }: Place) => `admin/companies/${companyId}`;
const services = ({ companyId }: Place) => `setting/companies/${companyId}/services`;
const flows = ({ companyId }: Place) => `callcenter/companies/${companyId}/ivr_flows`;

async function put(tenant: Tenant, path: string, body: object): Promise<void> {
  await done(tenant, path, body, "PUT");
}

const nameOf: ByName["nameOf"] = (row) => row.name;
const newPage = () => `https://example.com/${newId()}`;

/** Staff have a name of two parts, and are listed by the first one first. */
function staffNamed(name: string) {
  const [firstName = "", lastName = ""] = name.split(" ");
  return { firstName, lastName };
}

/**
 * The lists by name, but for ListCompanies: what a key covers is remembered for 2 s, so that a company that joins its
 * enterprise is listed only then. ListAllCompanies goes by the same names.
 */
export const pagedByName: readonly PagedKind[] = [
  {
    name: "companies",
    path: () => "admin/companies:list",
    caller: ({ platform }) => platform,
    request: () => ({}),
    rows: "companies",
    insert: async ({ platform }, name) =>
      (await done(platform, "admin/companies", { name, country: "US", timeZone: "UTC" })).company.id,
    update: ({ platform }, id) =>
      put(platform, `admin/companies/${id}`, { upcomingAppointmentsUrlTemplate: `${newPage()}/{customer_id}` }),
    byName: { nameOf, rename: ({ platform }, id, name) => put(platform, `admin/companies/${id}`, { name }) },
  },
  {
    name: "locations",
    path: () => "businesses:list",
    request: ({ companyId }) => ({ companyId }),
    rows: "businesses",
    insert: async (place, name) => (await done(place, `${admin(place)}/businesses`, { name })).business.id,
    update: (place, id) => put(place, `${admin(place)}/businesses/${id}`, { website: newPage() }),
    async remove(place, id) {
      await done(place, `${admin(place)}/businesses/${id}:archive`, {});
    },
    byName: { nameOf, rename: (place, id, name) => put(place, `${admin(place)}/businesses/${id}`, { name }) },
  },
  {
    name: "staff",
    path: () => "staffs:list",
    request: ({ companyId }) => ({ companyId }),
    rows: "staffs",
    insert: async (place, name) => (await done(place, `${admin(place)}/staffs`, staffNamed(name))).staff.id,
    // Who left is listed too.
    async update(place, id) {
      await done(place, `${admin(place)}/staffs/${id}:archive`, {});
      await done(place, `${admin(place)}/staffs/${id}:restore`, {});
    },
    byName: {
      nameOf: ({ firstName, lastName }) => `${firstName} ${lastName}`.trim(),
      rename: (place, id, name) => put(place, `${admin(place)}/staffs/${id}`, staffNamed(name)),
    },
  },
  {
    name: "services",
    path: (place) => `${services(place)}:list`,
    request: () => ({}),
    rows: "services",
    insert: async (place, name) =>
      (await done(place, services(place), { name, serviceItemType: "GROOMING", serviceType: "ADDON" })).id,
    update: (place, id) => put(place, `${services(place)}/${id}`, { category: newId() }),
    remove: (place, id) => put(place, `${services(place)}/${id}`, { inactive: true }),
    byName: { nameOf, rename: (place, id, name) => put(place, `${services(place)}/${id}`, { name }) },
  },
  {
    name: "IVR flows",
    path: (place) => `${flows(place)}:list`,
    request: () => ({}),
    rows: "ivrFlows",
    insert: async (place, name) =>
      (await done(place, flows(place), { name, definition: { startNodeId: "end", nodes: [end] } })).ivrFlow.id,
    update: (place, id) => put(place, `${flows(place)}/${id}`, { description: newId() }),
    async remove(place, id) {
      await done(place, `${flows(place)}/${id}:archive`, {});
    },
    byName: { nameOf, rename: (place, id, name) => put(place, `${flows(place)}/${id}`, { name }) },
  },
];

/** All that a flow needs. */
const end = { id: "end", end: { exit: "done" } };
