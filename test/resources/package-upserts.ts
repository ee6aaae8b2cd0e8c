import { BatchMode } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageUpsertService } from "../../src/gen/proto/moego/admin/v1/package_upsert_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { keyOfBoth, locationKey } from "../reliability/tenancy/location-key.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { type NewPackage, newPackage } from "../support/new-package.js";
import { entry, type RpcEntry } from "./entry.js";
import { bringsIds, type IdFieldException } from "./tenancy.js";
import { pagination, reading } from "./texts.js";

const rpc = PackageUpsertService.method;
const companyId = "cmp_a";
const external = (id: string, system = "upserts") => ({ externalId: { system, id } });
const keyed = (id: string, fields: NewPackage = {}) => ({ match: external(id), sale: newPackage(fields) });
/** The only thing that an upsert changes of a package that exists. */
const another = (id: string): NewPackage => ({ externalIds: [{ system: "others", id }] });
let made = 0;

/** A key that no package has. */
function freshId(): string {
  made += 1;
  return `fresh ${made}`;
}

const readings = (packageId: string) => [
  reading(PackageService.method.listPackageDetails, { companyId, packageIds: [packageId], pagination }),
  reading(PackageAdminService.method.listPackageLedger, { companyId, packageId, pagination }),
];

const staysAsItIs: IdFieldException = {
  expectation: "ignored",
  why: "a package that exists stays as it was sold, and an earlier call has sold it; test/rpc/package-upsert.test.ts sells with ids of another tenant",
};

const idFields: Readonly<Record<string, IdFieldException>> = {
  "match.id": {
    expectation: "reference",
    why: "an id beside another key is refused; test/rpc/package-upsert.test.ts sends one of another tenant alone",
  },
  "sale.company_id": { expectation: "reference", why: "must be the company of the request" },
  "sale.id": { expectation: "reference", why: "must be the id of the match" },
  "sale.package_services.id": { ...bringsIds, id: "ps_a2" },
  "sale.business_id": staysAsItIs,
  "sale.staff_id": staysAsItIs,
  "sale.package_services.services.service_id": staysAsItIs,
};

/** What the neighbour's namesakes would alter (external-id-rows.ts). */
const calls = [
  { name: "an external id of the neighbour", match: external(plantedIds.foreign, plantedIds.system), sale: {} },
  { name: "an id of the neighbour", match: { id: foreignId("pkg_a1") }, sale: {} },
  {
    name: "another external id of a package of both",
    match: external(plantedIds.both, plantedIds.system),
    sale: { externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] },
  },
  { name: "a package of both", match: { id: "pkg_a1" }, sale: {} },
  { name: "for a customer who was merged", match: { id: "pkg_a1" }, sale: { customerId: planted.merging.undoFrom } },
].flatMap(({ name, match, sale }) =>
  [undefined, locationKey, keyOfBoth].map((key) => ({
    ...{ name: `${name}, by ${key?.id ?? "its own key"}`, ...(key ? { key } : {}) },
    request: {
      ...{ companyId, match },
      sale: newPackage({ ...sale, ...(key === locationKey ? { businessId: "biz_a2" } : {}) }),
    },
  })),
);

export const packageUpserts: readonly RpcEntry[] = [
  entry(rpc.upsertPackage, {
    request: { companyId, ...keyed("1") },
    async repeat() {
      const id = freshId();
      return {
        good: { companyId, ...keyed(id, { packageName: "A" }) },
        other: { companyId, ...keyed(id, another(id)) },
        bad: { companyId, ...keyed(id, { customerId: "cus_z" }) },
      };
    },
    texts: {
      request: async () => ({ companyId, ...keyed(freshId(), { externalIds: [{ system: "texts" }] }) }),
      reading: ({ packageDetail }) => readings(packageDetail?.packageInfo?.id ?? ""),
    },
    tenancy: { idFields, calls },
  }),
  entry(rpc.batchUpsertPackages, {
    request: { companyId, items: [keyed("2"), keyed("3")] },
    async repeat() {
      const [one, two] = [freshId(), freshId()];
      return {
        good: { companyId, items: [keyed(one), keyed(two, { packageName: "B" })] },
        other: { companyId, items: [keyed(one), keyed(two, another(two))] },
        bad: { companyId, items: [keyed(one), keyed(two, { customerId: "cus_z" })] },
      };
    },
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: async () => ({
        ...{ companyId, mode: BatchMode.EACH },
        items: [keyed(freshId(), { externalIds: [{ system: "texts" }] })],
      }),
      reading: ({ results }) => results.flatMap(({ id }) => readings(id)),
    },
    tenancy: {
      idFields: Object.fromEntries(Object.entries(idFields).map(([path, why]) => [`items.${path}`, why])),
    },
  }),
];
