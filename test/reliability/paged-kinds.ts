import { randomUUID } from "node:crypto";
import { call, createCustomer, type Tenant } from "../faults/world.js";
import { type Random, randomOf } from "./run.js";

/** A company, and the customer on whom notes are written and to whom packages are sold. */
export interface Place extends Tenant {
  readonly customerId: string;
}

/** A paged list whose rows come, change and go. */
export interface PagedKind {
  readonly name: string;
  /** Path of the list. */
  path(place: Place): string;
  /** What its request holds beside the page. */
  request(place: Place): object;
  /** The member of the answer that holds the rows. */
  readonly rows: string;
  /** Makes a row, anywhere in the order where the rpcs allow it. Returns its id. */
  insert(place: Place): Promise<string>;
  update(place: Place, id: string): Promise<void>;
  /** Takes a row out of the list. */
  remove(place: Place, id: string): Promise<void>;
}

const random: Random = randomOf("P1 rows");
const newId = () => `p1_${randomUUID().slice(0, 18)}`;
/** A moment of the last years. */
const someTime = () => new Date(Date.now() - 1 - random.below(2 ** 31) * 30).toISOString();

async function done(place: Place, path: string, body?: object, method = "POST") {
  const answer = await call(place, path, body, { method });
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.text}`);
  return answer.body;
}

const person = { firstName: "Ada", lastName: "Listed", phone: "+12125550123" };
const admin = ({ companyId }: Place) => `admin/companies/${companyId}`;
const either = (actions: readonly string[]) => random.pick(actions);

/** The lists of a company that grow without end. */
export const pagedKinds: readonly PagedKind[] = [
  {
    name: "customers",
    path: () => "customers:list",
    request: ({ companyId }) => ({ companyId }),
    rows: "customers",
    async insert(place) {
      if (random.below(2) === 0) return (await createCustomer(place)).body.id;
      const customer = { ...person, companyId: place.companyId, preferredBusinessId: place.businessId };
      const imported = { id: newId(), customer, createdTime: someTime() };
      return (await done(place, `${admin(place)}/customers:import`, imported)).customer.id;
    },
    async update(place, id) {
      await done(place, `customers/${id}`, { companyId: place.companyId, lastName: `Listed ${newId()}` }, "PUT");
    },
    async remove(place, id) {
      await done(place, `${admin(place)}/customers/${id}:${either(["archive", "erase"])}`, {});
    },
  },
  {
    name: "leads",
    path: () => "leads:list",
    request: ({ companyId }) => ({ companyId }),
    rows: "leads",
    async insert(place) {
      const lead = { firstName: "Lea", phone: "+12125550199", companyId: place.companyId };
      if (random.below(2) === 0) return (await done(place, "leads", { lead })).id;
      return (await done(place, `${admin(place)}/leads:import`, { id: newId(), lead, createdTime: someTime() })).lead
        .id;
    },
    async update(place, id) {
      await done(place, `leads/${id}`, { lead: { lastName: `Listed ${newId()}` } }, "PUT");
    },
    async remove(place, id) {
      const action = either(["archive", "erase", "promote"]);
      if (action === "promote") await done(place, "leads:promote", { id });
      else await done(place, `${admin(place)}/leads/${id}:${action}`, {});
    },
  },
  {
    name: "notes",
    path: ({ customerId }) => `customers/${customerId}/notes:list`,
    request: () => ({}),
    rows: "notes",
    insert: async (place) =>
      (await done(place, `customers/${place.customerId}/notes`, { notes: [{ note: newId() }] })).notes[0].id,
    async update(place, id) {
      await done(place, `customers/${place.customerId}/notes/${id}`, { note: newId() }, "PUT");
    },
    async remove(place, id) {
      await done(place, `customers/${place.customerId}/notes/${id}`, undefined, "DELETE");
    },
  },
  {
    name: "packages",
    path: () => "packages:list",
    request: ({ companyId, customerId }) => ({ companyId, customerIds: [customerId] }),
    rows: "packages",
    async insert(place) {
      const { packageDetail } = await done(place, `${admin(place)}/packages`, {
        ...{
          customerId: place.customerId,
          businessId: place.businessId,
          packageName: "Baths",
          purchaseTime: someTime(),
        },
        packagePrice: { currencyCode: "USD", units: "150" },
        packageServices: [{ services: [{ serviceId: "srv" }], quantity: 1_000_000 }],
      });
      const { id } = packageDetail.packageInfo;
      items.set(id, packageDetail.packageServices[0].id);
      return id;
    },
    async update(place, id) {
      await done(place, `${admin(place)}/packages/${id}:redeem`, { packageServiceId: items.get(id), quantity: 1 });
    },
    async remove(place, id) {
      await done(place, `${admin(place)}/packages/${id}`, undefined, "DELETE");
    },
  },
  {
    name: "pets",
    path: () => "pets:list",
    request: ({ companyId }) => ({ companyId }),
    rows: "pets",
    async insert(place) {
      const { id: customerId } = (await createCustomer(place, { lastName: "Owner" })).body;
      const pet = { name: "Rex", type: "DOG", breed: "Beagle" };
      const imported = { id: newId(), customerId, pet, createdTime: someTime() };
      await done(place, `${admin(place)}/pets:import`, imported);
      owners.set(imported.id, customerId);
      return imported.id;
    },
    async update(place, id) {
      await done(place, `customers/${owners.get(id)}/pets/${id}`, { name: `Rex ${newId()}` }, "PUT");
    },
    async remove(place, id) {
      await done(place, `${admin(place)}/customers/${owners.get(id)}:erase`, {});
    },
  },
  {
    name: "external APIs",
    path: ({ companyId }) => `callcenter/companies/${companyId}/external_apis:list`,
    request: () => ({}),
    rows: "externalApis",
    async insert(place) {
      const api = { name: newId(), url: "https://api.example.com/", method: "METHOD_GET" };
      return (await done(place, `callcenter/companies/${place.companyId}/external_apis`, api)).externalApi.id;
    },
    async update(place, id) {
      await done(place, `callcenter/companies/${place.companyId}/external_apis/${id}`, { name: newId() }, "PUT");
    },
    async remove(place, id) {
      await done(place, `callcenter/companies/${place.companyId}/external_apis/${id}:archive`, {});
    },
  },
];

/** The customer of each pet. */
const owners = new Map<string, string>();
/** The one item of each package. */
const items = new Map<string, string>();
