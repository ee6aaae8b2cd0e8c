import { createCustomer } from "../faults/world.js";
import { pagedByName } from "./paged-by-name.js";
import { done, newId, type PagedKind, type Place } from "./paged-kind.js";
import { type Random, randomOf } from "./run.js";

const random: Random = randomOf("P1 rows");
/** A moment of the last years. */
const someTime = () => new Date(Date.now() - 1 - random.below(2 ** 31) * 30).toISOString();

const person = { firstName: "Ada", lastName: "Listed", phone: "+12125550123" };
const admin = ({ companyId }: Place) => `admin/companies/${companyId}`;
const either = (actions: readonly string[]) => random.pick(actions);

/** The lists that go newest first and grow without end. */
export const pagedByTime: readonly PagedKind[] = [
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

/**
 * Lists of every order that pages go by but one: in the order of change rows move with each update, which is for those who
 * follow changes (see the tests of `lastUpdatedTime`). What goes by rank comes as a whole.
 */
export const pagedKinds: readonly PagedKind[] = [...pagedByTime, ...pagedByName];

/** The customer of each pet. */
const owners = new Map<string, string>();
/** The one item of each package. */
const items = new Map<string, string>();
