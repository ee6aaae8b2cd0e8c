import { afterAll, expect, it } from "vitest";
import { demoData } from "../../src/demo/demo-data.js";
import { Customer_Status } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { startServer } from "../support/server.js";

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};
const options = { key: { secret: secrets.first } };
const server = await startServer({ tables: demoData(secrets).tables });
afterAll(() => server.stop());

const company = { companyId: "cmp_001" };
const everything = { ...company, pagination: { pageSize: 500 } };
const changedEver = { filter: { lastUpdatedTime: { startTime: { seconds: 0n } } } };
const settings = SettingService.method;

const listLeads = async () => (await server.ok(LeadService.method.listLeads, everything, options)).leads;
const listCustomers = async () =>
  (await server.ok(CustomerService.method.listCustomers, { ...everything, ...changedEver }, options)).customers;

it("has a lead in every stage and every action status, and one that was promoted", async () => {
  const leads = await listLeads();
  const { lifeCycles } = await server.ok(settings.listLeadsLifeCycles, company, options);
  const { actionStatuses } = await server.ok(settings.listLeadsActionStatus, company, options);
  expect(new Set(leads.map(({ lifeCycle }) => lifeCycle?.id))).toEqual(new Set(lifeCycles.map(({ id }) => id)));
  const reached = new Set(leads.flatMap(({ actionStatus }) => actionStatus?.id ?? []));
  expect(reached).toEqual(new Set(actionStatuses.map(({ id }) => id)));
  const customers = await listCustomers();
  const promoted = customers.filter(({ sourceLeadId }) => sourceLeadId !== "");
  expect(promoted).toHaveLength(1);
  expect(
    await server.refused(LeadService.method.getLead, { id: promoted[0]?.sourceLeadId ?? "" }, options),
  ).toMatchObject({
    reason: "LEAD_PROMOTED",
  });
});

it("has active, inactive and archived customers", async () => {
  const customers = await listCustomers();
  expect(customers.some(({ status, deleted }) => status === Customer_Status.ACTIVE && !deleted)).toBe(true);
  expect(customers.some(({ status }) => status === Customer_Status.INACTIVE)).toBe(true);
  expect(customers.some(({ deleted }) => deleted)).toBe(true);
});

it.each([
  ["customer", CustomField_AssociationType.CUSTOMER],
  ["lead", CustomField_AssociationType.LEAD],
] as const)("has a custom field of every type with a value on a %s", async (kind, association) => {
  const { customFields } = await server.ok(settings.listCustomFields, company, options);
  const records = kind === "lead" ? await listLeads() : await listCustomers();
  const codes = new Set(records.flatMap((record) => Object.keys(record.customFields ?? {})));
  const used = customFields.filter(({ associationType, code }) => associationType === association && codes.has(code));
  // A group holds no value.
  const valued = Object.values(CustomField_Type).filter(
    (type) => typeof type === "number" && type !== CustomField_Type.TYPE_UNSPECIFIED && type !== CustomField_Type.GROUP,
  );
  expect(new Set(used.map(({ type }) => type))).toEqual(new Set(valued));
});

it("has packages unused, part used, used up, expired, never expiring and deleted", async () => {
  const customerIds = (await listCustomers()).map(({ id }) => id);
  const statuses = [Package_Status.NORMAL, Package_Status.DELETED];
  const { packages } = await server.ok(
    PackageService.method.listPackages,
    { ...everything, customerIds, statuses },
    options,
  );
  const never = 9999;
  const kinds = {
    unused: packages.some(({ used }) => !used),
    partUsed: packages.some(({ used, totalRemainingQuantity }) => used && totalRemainingQuantity > 0),
    usedUp: packages.some(({ used, totalRemainingQuantity }) => used && totalRemainingQuantity === 0),
    expired: packages.some(({ expirationDate }) => (expirationDate?.year ?? never) < 2026),
    neverExpiring: packages.some(({ expirationDate }) => expirationDate?.year === never),
    deleted: packages.some(({ status }) => status === Package_Status.DELETED),
  };
  expect(Object.entries(kinds).filter(([, present]) => !present)).toEqual([]);
});
