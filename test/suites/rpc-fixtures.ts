import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { apiKeyRpcFixtures } from "./api-key-fixtures.js";
import { callerRpcFixtures } from "./caller-fixtures.js";
import { directoryAdminRpcFixtures } from "./directory-admin-fixtures.js";
import { externalApiRpcFixtures } from "./external-api-fixtures.js";
import { ivrFlowRpcFixtures } from "./ivr-flow-fixtures.js";
import { leadRpcFixtures } from "./lead-fixtures.js";
import { packageRpcFixtures } from "./package-fixtures.js";
import { petRpcFixtures } from "./pet-fixtures.js";
import { recordRpcFixtures } from "./record-fixtures.js";
import { type RpcFixture, rpcFixture } from "./rpc-fixture.js";
import { settingRpcFixtures } from "./setting-fixtures.js";

const customers = CustomerService.method;
const ofCustomerC = { id: "cus_c1" };
const ofNoteC = { customer_id: "cus_c1", note_id: "cxn_c1" };

/** One fixture for every rpc (every-rpc.test.ts fails without it). */
export const rpcFixtures: readonly RpcFixture[] = [
  rpcFixture(customers.createCustomer, {
    request: {
      companyId: "cmp_a",
      preferredBusinessId: "biz_a1",
      firstName: "Ada",
      lastName: "Lovelace",
      phone: "+12125550111",
    },
  }),
  rpcFixture(customers.updateCustomer, {
    request: { id: "cus_a1", companyId: "cmp_a", source: "A friend" },
    foreignIds: ofCustomerC,
  }),
  rpcFixture(customers.getCustomer, { request: { id: "cus_a1" }, foreignIds: ofCustomerC }),
  rpcFixture(customers.listCustomers, { request: { companyId: "cmp_a", pagination: {} } }),
  rpcFixture(customers.genCustomerCofLink, { request: { id: "cus_a1" }, foreignIds: ofCustomerC }),
  rpcFixture(customers.appendCustomerNotes, {
    request: { id: "cus_a1", notes: [{ note: "Brings treats" }] },
    foreignIds: ofCustomerC,
  }),
  rpcFixture(customers.listCustomerNotes, {
    request: { id: "cus_a1", pagination: {} },
    foreignIds: ofCustomerC,
  }),
  rpcFixture(customers.updateCustomerNote, {
    request: { customerId: "cus_a1", noteId: "cxn_a1", note: "Changed" },
    foreignIds: ofNoteC,
  }),
  rpcFixture(customers.deleteCustomerNote, {
    request: async (server) => {
      const { notes } = await server.ok(customers.appendCustomerNotes, { id: "cus_a1", notes: [{ note: "To go" }] });
      return { customerId: "cus_a1", noteId: notes[0]?.id ?? "" };
    },
    foreignIds: ofNoteC,
  }),
  rpcFixture(customers.appendCustomerTags, {
    request: { id: "cus_a1", tags: [{ id: "tag_a2" }] },
    foreignIds: ofCustomerC,
  }),
  rpcFixture(customers.listCustomerTags, { request: { id: "cus_a1" }, foreignIds: ofCustomerC }),
  ...leadRpcFixtures,
  ...directoryAdminRpcFixtures,
  ...apiKeyRpcFixtures,
  ...petRpcFixtures,
  ...settingRpcFixtures,
  rpcFixture(CompanyService.method.getCompany, { request: { id: "cmp_a" }, foreignIds: { id: "cmp_c" } }),
  rpcFixture(CompanyService.method.listCompanies, { request: { pagination: {} } }),
  rpcFixture(BusinessService.method.getBusiness, { request: { id: "biz_a1" }, foreignIds: { id: "biz_c1" } }),
  rpcFixture(BusinessService.method.listBusiness, { request: { companyId: "cmp_a", pagination: {} } }),
  rpcFixture(StaffService.method.getStaff, { request: { id: "staff_a1" }, foreignIds: { id: "staff_c1" } }),
  rpcFixture(StaffService.method.listStaffs, { request: { companyId: "cmp_a", pagination: {} } }),
  ...packageRpcFixtures,
  ...recordRpcFixtures,
  ...callerRpcFixtures,
  ...externalApiRpcFixtures,
  ...ivrFlowRpcFixtures,
];
