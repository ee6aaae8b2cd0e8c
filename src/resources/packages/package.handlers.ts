import type { PageTokens } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import type { PackageService } from "../../gen/proto/moego/business/package/v1/package_service_pb.js";
import { packageDetailsQuery, packagesQuery } from "./package.input.js";
import { toProtoPackage, toProtoPackageDetail } from "./package.output.js";
import type { Packages } from "./package.service.js";

export interface PackageHandlerDependencies {
  readonly packages: Packages;
  readonly pageTokens: PageTokens;
}

/** Handlers of `moego.business.package.v1.PackageService`. */
export function createPackageHandlers({
  packages,
  pageTokens,
}: PackageHandlerDependencies): ServiceHandlers<typeof PackageService> {
  return {
    listPackages: paged(pageTokens, packagesQuery, {
      find: (query, page, { principal, signal }) => packages.list({ ...query, page }, principal, signal),
      order: byPurchase,
      respond: (rows, nextPageToken) => ({ packages: rows.map(toProtoPackage), nextPageToken }),
    }),

    listPackageDetails: paged(pageTokens, packageDetailsQuery, {
      find: (query, page, { principal, signal }) => packages.listDetails({ ...query, page }, principal, signal),
      order: byPurchase,
      respond: (rows, nextPageToken) => ({ packageDetails: rows.map(toProtoPackageDetail), nextPageToken }),
    }),
  };
}

function byPurchase({ purchaseTime, id }: { readonly purchaseTime: Date; readonly id: string }) {
  return { time: purchaseTime, id };
}
