import { z } from "zod";
import { createdCursorOf } from "../../api/page-order.js";
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
    async sellPackage(request, { principal, write }) {
      const sale = parse(requests.sellPackage.input, request, newPackage, saleViolations(request));
      return { packageDetail: toProtoPackageDetail(await packages.sell(sale, principal, write)) };
    },

    async redeemPackage(request, { principal, write }) {
      const input = parse(requests.redeemPackage.input, request, redeemRequest);
      return toAnswer(await packages.redeem(input, principal, write));
    },

    async refundPackage(request, { principal, write }) {
      const input = parse(requests.refundPackage.input, request, refundRequest, refundViolations(request));
      return toAnswer(await packages.refund(input, principal, write));
    },

    async adjustPackage(request, { principal, write }) {
      const input = parse(requests.adjustPackage.input, request, adjustRequest);
      return toAnswer(await packages.adjust(input, principal, write));
    },

    async deletePackage(request, { principal, write }) {
      const name = parse(requests.deletePackage.input, request, packageName);
      return { packageDetail: toProtoPackageDetail(await packages.withdraw(name, principal, write)) };
    },

    async restorePackage(request, { principal, write }) {
      const name = parse(requests.restorePackage.input, request, packageName);
      return { packageDetail: toProtoPackageDetail(await packages.restore(name, principal, write)) };
    },

    async listPackageLedger(request, context) {
      const name = parse(requests.listPackageLedger.input, request, ledgerRequest);
      const page = pageTokens.open(request, context);
      const found = await packages.listLedger(
        { companyId: name.companyId, id: name.id, page },
        context.principal,
        context.signal,
      );
      const { rows, nextPageToken } = page.close(found, createdCursorOf);
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
