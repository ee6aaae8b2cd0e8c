import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageBatchService } from "../../src/gen/proto/moego/admin/v1/package_batch_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { keyOfBoth, locationKey } from "../reliability/tenancy/location-key.js";
import { planted } from "../reliability/tenancy/planted.js";
import { keys } from "../support/fixture-keys.js";
import { type NewPackage, newPackage } from "../support/new-package.js";
import { entry, type RpcEntry } from "./entry.js";
import { bringsIds, isFilter } from "./tenancy.js";
import { pagination, reading } from "./texts.js";

const rpc = PackageBatchService.method;
const companyId = "cmp_a";
const sale = (fields: NewPackage = {}) => ({ sale: newPackage(fields) });

export const packageBatches: readonly RpcEntry[] = [
  entry(rpc.batchSellPackages, {
    request: { companyId, items: [sale(), sale()] },
    repeat: async () => ({
      good: { companyId, items: [sale({ packageName: "A" }), sale({ packageName: "B" })] },
      other: { companyId, items: [sale({ packageName: "A" }), sale({ packageName: "C" })] },
      bad: { companyId, items: [sale(), sale({ customerId: "cus_z" })] },
    }),
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: { companyId, items: [sale({ externalIds: [{ system: "texts" }] })] },
      reading: ({ results }) =>
        results.flatMap(({ id }) => [
          reading(PackageService.method.listPackageDetails, { companyId, packageIds: [id], pagination }),
          reading(PackageAdminService.method.listPackageLedger, { companyId, packageId: id, pagination }),
        ]),
    },
    tenancy: {
      idFields: {
        "items.sale.company_id": { expectation: "reference", why: "must be the company of the request" },
        "items.sale.id": { ...bringsIds, id: "pkg_a2" },
        "items.sale.package_services.id": { ...bringsIds, id: "ps_a2" },
      },
      calls: [
        ...[undefined, locationKey, keyOfBoth].map((key) => ({
          name: `to a customer who was merged, by ${key?.id ?? "its own key"}`,
          ids: {
            "items.sale.customer_id": planted.merging.undoFrom,
            ...(key ? { "items.sale.business_id": "biz_a2" } : {}),
          },
          ...(key ? { key } : {}),
        })),
        { name: "to a customer who is archived", ids: { "items.sale.customer_id": "cus_a9" } },
        { name: "of a template", ids: { "items.sale.template_id": "pkt_a1" } },
        {
          name: "an external id of the neighbour",
          request: {
            companyId,
            items: [sale({ externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] })],
          },
        },
      ],
    },
  }),
  entry(rpc.batchGetPackages, {
    request: { companyId, ids: ["pkg_a1", "pkg_a2"] },
    tenancy: {
      idFields: { ids: isFilter },
      calls: [undefined, keys.businessA1, locationKey, keyOfBoth].map((key) => ({
        name: `packages of both, by ${key?.id ?? "its own key"}`,
        request: { companyId, ids: ["pkg_a1", "pkg_a2"] },
        ...(key ? { key } : {}),
      })),
    },
  }),
];
