import { z } from "zod";
import { byCreation } from "../../api/page-order.js";
import { pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { PackageAdminService } from "../../gen/proto/moego/admin/v1/package_admin_service_pb.js";
import type { PackageHandlerDependencies } from "./package.handlers.js";
import { adjustment, packageName, redemption, refunding, refundViolations } from "./package.input.js";
import { toProtoLedgerEntry, toProtoPackageDetail } from "./package.output.js";
import type { PackageChange } from "./package.service.js";
import { newPackage, saleViolations } from "./package-sale.input.js";

const requests = PackageAdminService.method;

/** moego.admin.v1.PackageAdminService: the write side of packages. */
export function createPackageAdminHandlers({
  packages,
  pageTokens,
}: PackageHandlerDependencies): ServiceHandlers<typeof PackageAdminService> {
  return {
    async sellPackage(request, { caller, write }) {
      const sale = parse(requests.sellPackage.input, request, newPackage, saleViolations(request));
      return { packageDetail: toProtoPackageDetail(await packages.sell(sale, caller, write)) };
    },

    async redeemPackage(request, { caller, write }) {
      const input = parse(requests.redeemPackage.input, request, redeemRequest);
      return toAnswer(await packages.redeem(input, caller, write));
    },

    async refundPackage(request, { caller, write }) {
      const input = parse(requests.refundPackage.input, request, refundRequest, refundViolations(request));
      return toAnswer(await packages.refund(input, caller, write));
    },

    async adjustPackage(request, { caller, write }) {
      const input = parse(requests.adjustPackage.input, request, adjustRequest);
      return toAnswer(await packages.adjust(input, caller, write));
    },

    async deletePackage(request, { caller, write }) {
      const name = parse(requests.deletePackage.input, request, packageName);
      return { packageDetail: toProtoPackageDetail(await packages.withdraw(name, caller, write)) };
    },

    async restorePackage(request, { caller, write }) {
      const name = parse(requests.restorePackage.input, request, packageName);
      return { packageDetail: toProtoPackageDetail(await packages.restore(name, caller, write)) };
    },

    async listPackageLedger(request, context) {
      const name = parse(requests.listPackageLedger.input, request, ledgerRequest);
      const page = pageTokens.open(request, context);
      const found = await packages.listLedger(
        { companyId: name.companyId, id: name.id, page },
        context.caller,
        context.signal,
      );
      const { rows, nextPageToken } = page.close(found, byCreation);
      return { ledgerEntries: rows.map(toProtoLedgerEntry), nextPageToken };
    },
  };
}

const redeemRequest = packageName.and(redemption);
const refundRequest = packageName.and(refunding);
const adjustRequest = packageName.and(adjustment);
const ledgerRequest = packageName.and(z.object({ pagination }));

function toAnswer({ detail, entry }: PackageChange) {
  return { packageDetail: toProtoPackageDetail(detail), ledgerEntry: toProtoLedgerEntry(entry) };
}
