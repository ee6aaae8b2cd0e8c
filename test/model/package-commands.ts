import fc from "fast-check";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { nobody, seenCustomer } from "./change.js";
import { command, deniedLocation, sees } from "./command.js";
import type { Who } from "./companies.js";
import { storedOf } from "./contact-parts.js";
import { answer, invalid, notFound, type Outcome, refusal } from "./outcome.js";
import {
  adjust,
  changePackage,
  detailView,
  entryView,
  lastDay,
  latestFirst,
  type Moved,
  packageMissing,
  packageView,
  price,
  redeem,
  refund,
  seenPackage,
} from "./package-rules.js";
import { allFaults, businessIds, idFaults, knownBusinesses, knownStaff, sampleFaults, staffIds } from "./references.js";
import { maybe, names, pick, which } from "./samples.js";
import { newId, newTime, type Package, type World } from "./world.js";

const rpc = PackageAdminService.method;
const rarely = fc.constantFrom(false, false, false, false, true);

export const sellPackage = command({
  rpc: "SellPackage",
  input: fc.record({
    ...{ at: which, businessId: businessIds, staffId: staffIds, name: names, isExpired: rarely },
    bought: fc.constantFrom(undefined, undefined, "2020-01-01T00:00:00Z"),
    lines: fc.uniqueArray(
      fc.record({ serviceId: fc.constantFrom("srv_1", "srv_2"), quantity: fc.integer({ min: 1, max: 3 }) }),
      {
        ...{ minLength: 1, maxLength: 2 },
        selector: ({ serviceId }) => serviceId,
      },
    ),
  }),
  plan({ at, businessId, staffId, name, isExpired, bought, lines }, world, { by }) {
    const customerId = pick(world.customers, at)?.id.value ?? nobody;
    const faults = allFaults(
      idFaults("business_id", businessId, knownBusinesses, true),
      idFaults("staff_id", staffId, knownStaff),
      sampleFaults({ package_name: name }),
    );
    let made: Package | undefined;
    return {
      method: rpc.sellPackage,
      request: {
        ...{ companyId: world.companyId, customerId, businessId, staffId, packageName: name.sent, packagePrice: price },
        ...(bought === undefined ? {} : { purchaseTime: bought }),
        ...(isExpired ? { expirationDate: lastDay.past } : {}),
        packageServices: lines.map(({ serviceId, quantity }) => ({ services: [{ serviceId }], quantity })),
      },
      check() {
        const denied = deniedLocation(by, businessId);
        if (denied) return denied;
        if (faults.shape.length > 0) return invalid(faults.shape);
        return sees(by, businessId) ? undefined : refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED");
      },
      run() {
        const customer = seenCustomer(world, customerId, by);
        const noCustomer = !customer || customer.archived ? [{ field: "customer_id", reason: "NOT_FOUND" }] : [];
        const useless = isExpired && bought === undefined ? [{ field: "expiration_date", reason: "CONFLICT" }] : [];
        const missing = [...faults.references, ...noCustomer, ...useless];
        if (missing.length > 0) return invalid(missing);
        made = {
          ...{ id: newId(world, "pkg_"), customerId, businessId, staffId, name: storedOf(name), isExpired },
          ...{
            purchaseTime: bought ?? newTime(),
            createTime: newTime(),
            lastUpdateTime: newTime(),
            isWithdrawn: false,
          },
          lines: lines.map(({ serviceId, quantity }) => ({ id: newId(world, "ps_"), serviceId, total: quantity })),
          ledger: [],
        };
        world.packages.push(made);
        return answer({ packageDetail: detailView(made) });
      },
      again: () => detailOf(world, made?.id.value ?? nobody, by),
    };
  },
});

function detailOf(world: World, id: string, by: Who): Outcome {
  const found = seenPackage(world, id, by);
  return found ? answer({ packageDetail: detailView(found) }) : notFound;
}

function movedView(world: World, { package: { id }, entry }: Moved): Outcome {
  const now = world.packages.find((one) => one.id === id);
  if (!now) throw new Error("no package is ever removed");
  return answer({ packageDetail: detailView(now), ledgerEntry: entryView(now, entry) });
}

/** Mostly what may be left, at times none or too many. */
const quantities = fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 0);

export const redeemPackage = command({
  rpc: "RedeemPackage",
  input: fc.record({ at: which, line: which, quantity: quantities, appointmentId: fc.constantFrom("", "apt_1") }),
  plan({ at, line, quantity, appointmentId }, world, { by }) {
    const found = pick(world.packages, at);
    const id = found?.id.value ?? nobody;
    const lineId = pick(found?.lines ?? [], line)?.id.value ?? nobody;
    let moved: Moved | undefined;
    return {
      method: rpc.redeemPackage,
      request: { companyId: world.companyId, packageId: id, packageServiceId: lineId, quantity, appointmentId },
      check: () =>
        quantity === 0 ? invalid([{ field: "quantity", reason: "REQUIRED" }]) : packageMissing(world, id, by),
      run() {
        const outcome = redeem(world, { id, lineId, quantity, appointmentId, by });
        if ("kind" in outcome) return outcome;
        moved = outcome;
        return movedView(world, outcome);
      },
      again: () => (moved ? movedView(world, moved) : notFound),
    };
  },
});

export const refundPackage = command({
  rpc: "RefundPackage",
  input: fc.record({ at: which, entry: maybe(which), line: which, quantity: maybe(fc.constantFrom(1, 1, 2, 3)) }),
  plan({ at, entry, line, quantity: given }, world, { by }) {
    const found = pick(world.packages, at);
    const id = found?.id.value ?? nobody;
    const isNamed = entry !== undefined;
    const entryId = isNamed ? (pick(found?.ledger ?? [], entry)?.id.value ?? nobody) : undefined;
    const lineId = isNamed ? undefined : (pick(found?.lines ?? [], line)?.id.value ?? nobody);
    const quantity = isNamed ? given : (given ?? 1);
    let moved: Moved | undefined;
    return {
      method: rpc.refundPackage,
      request: {
        ...{ companyId: world.companyId, packageId: id },
        ...(entryId === undefined ? {} : { ledgerEntryId: entryId }),
        ...(lineId === undefined ? {} : { packageServiceId: lineId }),
        ...(quantity === undefined ? {} : { quantity }),
      },
      check: () => packageMissing(world, id, by),
      run() {
        const outcome = refund(world, { id, entryId, lineId, quantity, by });
        if ("kind" in outcome) return outcome;
        moved = outcome;
        return movedView(world, outcome);
      },
      again: () => (moved ? movedView(world, moved) : notFound),
    };
  },
});

export const adjustPackage = command({
  rpc: "AdjustPackage",
  input: fc.record({ at: which, line: which, change: fc.constantFrom(-2, -1, -1, 1, 1, 2, 0) }),
  plan({ at, line, change }, world, { by }) {
    const found = pick(world.packages, at);
    const id = found?.id.value ?? nobody;
    const lineId = pick(found?.lines ?? [], line)?.id.value ?? nobody;
    const reason = "Counted again";
    let moved: Moved | undefined;
    return {
      method: rpc.adjustPackage,
      request: { companyId: world.companyId, packageId: id, packageServiceId: lineId, change, reason },
      check: () => (change === 0 ? invalid([{ field: "change", reason: "REQUIRED" }]) : packageMissing(world, id, by)),
      run() {
        const outcome = adjust(world, { id, lineId, change, reason, by });
        if ("kind" in outcome) return outcome;
        moved = outcome;
        return movedView(world, outcome);
      },
      again: () => (moved ? movedView(world, moved) : notFound),
    };
  },
});

export const withdrawPackage = withdrawing("DeletePackage", true);
export const restorePackage = withdrawing("RestorePackage", false);

function withdrawing(name: string, isWithdrawn: boolean) {
  return command({
    rpc: name,
    input: fc.record({ at: which }),
    plan({ at }, world, { by }) {
      const id = pick(world.packages, at)?.id.value ?? nobody;
      return {
        method: isWithdrawn ? rpc.deletePackage : rpc.restorePackage,
        request: { companyId: world.companyId, packageId: id },
        check: () => packageMissing(world, id, by),
        run() {
          const before = seenPackage(world, id, by);
          if (before && before.isWithdrawn !== isWithdrawn) changePackage(world, before, { isWithdrawn });
          return detailOf(world, id, by);
        },
        again: () => detailOf(world, id, by),
      };
    },
  });
}

export const listPackages = command({
  rpc: "ListPackages",
  input: fc.record({
    ...{
      customers: fc.uniqueArray(which, { minLength: 1, maxLength: 3 }),
      excludeExpired: fc.boolean(),
      size: fc.constantFrom(0, 1, 2),
    },
    statuses: fc.subarray(["STATUS_NORMAL", "STATUS_DELETED"]),
  }),
  plan({ customers, excludeExpired, size, statuses }, world, { by }) {
    const customerIds = [...new Set(customers.map((at) => pick(world.customers, at)?.id.value ?? nobody))];
    const rows = world.packages
      .filter((one) => customerIds.includes(one.customerId) && sees(by, one.businessId))
      // Customers that the key does not see are ignored, and with them what its own location sold them.
      .filter((one) => seenCustomer(world, one.customerId, by))
      .filter((one) => !excludeExpired || !(one.isExpired || one.isWithdrawn))
      .filter((one) =>
        statuses.length === 0
          ? !one.isWithdrawn
          : statuses.includes(one.isWithdrawn ? "STATUS_DELETED" : "STATUS_NORMAL"),
      )
      .toSorted(latestFirst)
      .map(packageView);
    return {
      method: PackageService.method.listPackages,
      request: { companyId: world.companyId, customerIds, excludeExpired, statuses, pagination: { pageSize: size } },
      check: () => undefined,
      run: () => ({ kind: "pages", pages: { member: "packages", rows, size } }),
    };
  },
});

export const listPackageDetails = command({
  rpc: "ListPackageDetails",
  input: fc.record({ packages: fc.uniqueArray(which, { minLength: 1, maxLength: 3 }), size: fc.constantFrom(0, 1, 2) }),
  plan({ packages, size }, world, { by }) {
    const packageIds = [...new Set(packages.map((at) => pick(world.packages, at)?.id.value ?? nobody))];
    const found = packageIds.flatMap((id) => seenPackage(world, id, by) ?? []);
    const rows = found.toSorted(latestFirst).map(detailView);
    return {
      method: PackageService.method.listPackageDetails,
      request: { companyId: world.companyId, packageIds, pagination: { pageSize: size } },
      check: () => (found.length < packageIds.length ? notFound : undefined),
      run: () => ({ kind: "pages", pages: { member: "packageDetails", rows, size } }),
    };
  },
});
