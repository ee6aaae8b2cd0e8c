import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { PackageService } from "../../gen/proto/moego/business/package/v1/package_service_pb.js";
import { packageDetailsQuery, packagesQuery } from "./package.input.js";
import { toProtoPackage, toProtoPackageDetail } from "./package.output.js";
import type { Packages } from "./package.service.js";

export interface PackageHandlerDependencies {
  readonly packages: Packages;
  readonly pageTokens: PageTokens;
}

const requests = PackageService.method;

/** moego.business.package.v1.PackageService (document 003). */
export function createPackageHandlers({
  packages,
  pageTokens,
}: PackageHandlerDependencies): ServiceHandlers<typeof PackageService> {
  return {
    async listPackages(request, context) {
      const query = parse(requests.listPackages.input, request, packagesQuery);
      const page = pageTokens.open(request, context);
      const found = await packages.list({ ...query, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, byPurchase);
      return { packages: rows.map(toProtoPackage), nextPageToken };
    },

    async listPackageDetails(request, context) {
      const query = parse(requests.listPackageDetails.input, request, packageDetailsQuery);
      const page = pageTokens.open(request, context);
      const found = await packages.listDetails({ ...query, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, byPurchase);
      return { packageDetails: rows.map(toProtoPackageDetail), nextPageToken };
    },
  };
}

function byPurchase({ purchaseTime, id }: { readonly purchaseTime: Date; readonly id: string }) {
  return { time: purchaseTime, id };
}
