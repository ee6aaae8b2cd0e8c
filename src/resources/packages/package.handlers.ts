import { z } from "zod";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { createdCursorOf, paged } from "../../api/paged.js";
import { type Context, type Parse, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { isDeparted } from "../../core/departure.js";
import type { PackageAdminService } from "../../gen/proto/moego/admin/v1/package_admin_service_pb.js";
import type {
  ListPackagesRequest,
  PackageService,
} from "../../gen/proto/moego/business/package/v1/package_service_pb.js";
import {
  adjustment,
  extension,
  extensionViolations,
  freezing,
  granting,
  moveViolations,
  moving,
  newPackage,
  packageDetailsQuery,
  packageName,
  packagesQuery,
  queryViolations,
  redemption,
  refunding,
  refundViolations,
  saleViolations,
} from "./package.input.js";
import type { ChangedPackage } from "./package.model.js";
import { toListedPackage, toProtoLedgerEntry, toProtoPackageDetail } from "./package.output.js";
import type { Packages } from "./package.service.js";

/** Handlers of `moego.business.package.v1.PackageService`. */
export function createPackageHandlers(
  packages: Packages,
  pageTokens: PageTokens,
): ServiceHandlers<typeof PackageService> {
  return {
    listPackages: paged(pageTokens, listRequest, {
      find: (query, page, { principal, signal }) => packages.list({ ...query, page }, principal, signal),
      order: (row, { lastUpdated }) =>
        isDeparted(row) || lastUpdated ? { time: row.lastUpdatedTime, id: row.id } : byPurchase(row),
      respond: (rows, nextPageToken) => ({ packages: rows.map(toListedPackage), nextPageToken }),
    }),

    listPackageDetails: paged(pageTokens, packageDetailsQuery, {
      find: (query, page, { principal, signal }) => packages.listDetails({ ...query, page }, principal, signal),
      order: byPurchase,
      respond: (rows, nextPageToken) => ({ packageDetails: rows.map(toProtoPackageDetail), nextPageToken }),
    }),
  };
}

function listRequest(request: ListPackagesRequest, _context: Context, parse: Parse) {
  return parse(packagesQuery, queryViolations(request));
}

function byPurchase({ purchaseTime, id }: { readonly purchaseTime: Date; readonly id: string }) {
  return { time: purchaseTime, id };
}

/** Handlers of `moego.admin.v1.PackageAdminService`. */
export function createPackageAdminHandlers(
  packages: Packages,
  pageTokens: PageTokens,
): ServiceHandlers<typeof PackageAdminService> {
  return {
    sellPackage: rpc(
      (request, _context, parse) => parse(newPackage, saleViolations(request)),
      async (sale, { principal, write }) => ({
        packageDetail: toProtoPackageDetail(await packages.sell(sale, principal, write)),
      }),
    ),

    redeemPackage: rpc(redeemRequest, async (input, { principal, write }) => {
      return toAnswer(await packages.redeem(input, principal, write));
    }),

    refundPackage: rpc(
      (request, _context, parse) => parse(refundRequest, refundViolations(request)),
      async (input, { principal, write }) => toAnswer(await packages.refund(input, principal, write)),
    ),

    adjustPackage: rpc(adjustRequest, async (input, { principal, write }) => {
      return toAnswer(await packages.adjust(input, principal, write));
    }),

    grantPackageUnits: rpc(packageName.and(granting), async (input, { principal, write }) => {
      return toAnswer(await packages.grant(input, principal, write));
    }),

    extendPackage: rpc(
      (request, _context, parse) => parse(extendRequest, extensionViolations(request)),
      async (input, { principal, write }) => toAnswer(await packages.extend(input, principal, write)),
    ),

    freezePackage: rpc(freezeRequest, async (input, { principal, write }) => {
      return toAnswer(await packages.freeze(input, principal, write));
    }),

    thawPackage: rpc(freezeRequest, async (input, { principal, write }) => {
      return toAnswer(await packages.thaw(input, principal, write));
    }),

    movePackage: rpc(
      (request, _context, parse) => parse(moveRequest, moveViolations(request)),
      async (input, { principal, write }) => {
        const { detail, moved } = await packages.move(input, principal, write);
        return { packageDetail: toProtoPackageDetail(detail), movedPackageDetail: toProtoPackageDetail(moved) };
      },
    ),

    deletePackage: rpc(packageName, async (name, { principal, write }) => {
      return { packageDetail: toProtoPackageDetail(await packages.withdraw(name, principal, write)) };
    }),

    restorePackage: rpc(packageName, async (name, { principal, write }) => {
      return { packageDetail: toProtoPackageDetail(await packages.restore(name, principal, write)) };
    }),

    listPackageLedger: paged(pageTokens, ledgerRequest, {
      find: (name, page, { principal, signal }) =>
        packages.listLedger({ companyId: name.companyId, id: name.id, page }, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ ledgerEntries: rows.map(toProtoLedgerEntry), nextPageToken }),
    }),
  };
}

const redeemRequest = packageName.and(redemption);
const refundRequest = packageName.and(refunding);
const adjustRequest = packageName.and(adjustment);
const extendRequest = packageName.and(extension);
const freezeRequest = packageName.and(freezing);
const moveRequest = packageName.and(moving);
const ledgerRequest = packageName.and(z.object({ pagination }));

function toAnswer({ detail, entry }: ChangedPackage) {
  const packageDetail = toProtoPackageDetail(detail);
  return { packageDetail, ...(entry ? { ledgerEntry: toProtoLedgerEntry(entry) } : {}) };
}
