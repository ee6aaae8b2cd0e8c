import type { MessageInitShape } from "@bufbuild/protobuf";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import type { SellPackageRequest, SellPackageRequestSchema } from "../../src/gen/proto/moego/admin/v1/package_pb.js";
import type { PackageDetail } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import type { TestServer } from "./server.js";

export type NewPackage = Exclude<MessageInitShape<typeof SellPackageRequestSchema>, SellPackageRequest>;

/** A request that sells a package of five baths with nothing but what is required. */
const minimalPackage = {
  companyId: "cmp_a",
  customerId: "cus_a1",
  businessId: "biz_a1",
  packageName: "Five baths",
  packagePrice: { currencyCode: "USD", units: 150n },
  packageServices: [{ services: [{ serviceId: "srv_a1" }], quantity: 5 }],
} as const satisfies NewPackage;

/** The minimal request with some fields replaced or added. */
export function newPackage(fields: NewPackage = {}): NewPackage {
  return { ...minimalPackage, ...fields };
}

/** Sells a package. */
export async function sellPackage(server: TestServer, fields: NewPackage = {}): Promise<SoldPackage> {
  const { packageDetail } = await server.ok(PackageAdminService.method.sellPackage, newPackage(fields));
  if (!packageDetail?.packageInfo) throw new Error("no package was sold");
  const [item] = packageDetail.packageServices;
  const packageId = packageDetail.packageInfo.id;
  return { detail: packageDetail, on: { companyId: "cmp_a", packageId }, item: item?.id ?? "" };
}

export interface SoldPackage {
  readonly detail: PackageDetail;
  /** What names it. */
  readonly on: { readonly companyId: string; readonly packageId: string };
  /** Its first item. */
  readonly item: string;
}
