import type { Tables } from "../../src/demo/demo-rows.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { fixtureKey, keys, keyTables } from "../support/fixture-keys.js";
import type { TestServer } from "../support/server.js";
import { ascending, company, type ListFixture, list, rowName } from "./list-fixture.js";
import type { Repeatable } from "./repeatable.js";
import { nameOf, type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const rpc = DirectoryAdminService.method;
const companyId = "cmp_a";
const ofBusinessC = { id: "biz_c1" };
const ofStaffC = { id: "staff_c1" };
const newCompany = { name: "Delta Daycare", country: "US", timeZone: "America/New_York" };

export const directoryAdminRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(rpc.createCompany, { request: newCompany }),
  rpcFixture(rpc.listAllCompanies, { request: { pagination: {} } }),
  rpcFixture(rpc.updateCompany, { request: { companyId, timeZone: "America/New_York" } }),
  rpcFixture(rpc.createBusiness, { request: { companyId, name: "Alpha New" } }),
  rpcFixture(rpc.updateBusiness, {
    request: { companyId, id: "biz_a1", email: "desk@example.com" },
    foreignIds: ofBusinessC,
  }),
  rpcFixture(rpc.archiveBusiness, {
    request: async (server) => ({ companyId, id: await makeBusiness(server) }),
    foreignIds: ofBusinessC,
  }),
  rpcFixture(rpc.restoreBusiness, { request: { companyId, id: "biz_a2" }, foreignIds: ofBusinessC }),
  rpcFixture(rpc.createStaff, { request: { companyId, firstName: "Ana" } }),
  rpcFixture(rpc.updateStaff, { request: { companyId, id: "staff_a1", lastName: "Tester" }, foreignIds: ofStaffC }),
  rpcFixture(rpc.archiveStaff, {
    request: async (server) => ({ companyId, id: await makeStaff(server) }),
    foreignIds: ofStaffC,
  }),
  rpcFixture(rpc.restoreStaff, { request: { companyId, id: "staff_a2" }, foreignIds: ofStaffC }),
];

/** Platform keys are bound to no organization; a token knows one from another only by rows that no call could make. */
const platformWalkers = {
  walker: fixtureKey("key_walker_all", [], { scopes: ["platform:admin"] }),
  neighbour: fixtureKey("key_neighbour_all", [{ type: "COMPANY", id: "cmp_other" }], {
    scopes: ["platform:admin"],
  }),
};

export const directoryAdminListTables: Tables = keyTables(Object.values(platformWalkers));

export const directoryAdminListFixtures: readonly ListFixture[] = [
  list(rpc.listAllCompanies, "by name", {
    request: {},
    ids: [company, ...ascending],
    table: "company",
    keys: platformWalkers,
    stranger: (id, place) => ({
      ...{ id, name: rowName(place), country: "US", time_zone: "America/New_York", enterprise_id: "ent_other" },
    }),
  }),
];

/** The rpcs of DirectoryAdminService that write. */
export const directoryAdminRepeatables: readonly Repeatable[] = [
  {
    name: nameOf(rpc.createCompany),
    prepare: async (server) => ({
      send: ({ variant = "A", key, headers }) =>
        server.call(rpc.createCompany, { ...newCompany, name: variant }, { headers, key: platformFor(key) }),
      refuse: ({ key, headers }) =>
        server.call(rpc.createCompany, { ...newCompany, id: "cmp_a" }, { headers, key: platformFor(key) }),
    }),
  },
  {
    name: nameOf(rpc.updateCompany),
    prepare: async (server) => ({
      send: ({ variant = "A", ...options }) =>
        server.call(rpc.updateCompany, { companyId, name: `Alpha ${variant}` }, options),
      refuse: (options) => server.call(rpc.updateCompany, { companyId, enterpriseId: "ent_other" }, options),
    }),
  },
  {
    name: nameOf(rpc.createBusiness),
    prepare: async (server) => ({
      send: ({ variant = "A", ...options }) => server.call(rpc.createBusiness, { companyId, name: variant }, options),
      refuse: (options) => server.call(rpc.createBusiness, { companyId, id: "biz_a1", name: "Taken" }, options),
    }),
  },
  {
    name: nameOf(rpc.updateBusiness),
    async prepare(server) {
      const id = await makeBusiness(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.updateBusiness, { companyId, id, name: variant }, options),
        refuse: (options) => server.call(rpc.updateBusiness, { companyId, id: "biz_a9", name: "x" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.archiveBusiness),
    async prepare(server) {
      const [one, other] = [await makeBusiness(server), await makeBusiness(server)];
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.archiveBusiness, { companyId, id: variant ? other : one }, options),
        refuse: (options) => server.call(rpc.archiveBusiness, { companyId, id: "biz_z" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.restoreBusiness),
    async prepare(server) {
      const [one, other] = [await makeBusiness(server), await makeBusiness(server)];
      for (const id of [one, other]) await server.ok(rpc.archiveBusiness, { companyId, id });
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.restoreBusiness, { companyId, id: variant ? other : one }, options),
        refuse: (options) => server.call(rpc.restoreBusiness, { companyId, id: "biz_z" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.createStaff),
    prepare: async (server) => ({
      send: ({ variant = "A", ...options }) => server.call(rpc.createStaff, { companyId, firstName: variant }, options),
      refuse: (options) =>
        server.call(rpc.createStaff, { companyId, firstName: "x", workingBusinessIds: ["biz_z"] }, options),
    }),
  },
  {
    name: nameOf(rpc.updateStaff),
    async prepare(server) {
      const id = await makeStaff(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.updateStaff, { companyId, id, firstName: variant }, options),
        refuse: (options) => server.call(rpc.updateStaff, { companyId, id: "staff_a9", firstName: "x" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.archiveStaff),
    async prepare(server) {
      const [one, other] = [await makeStaff(server), await makeStaff(server)];
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.archiveStaff, { companyId, id: variant ? other : one }, options),
        refuse: (options) => server.call(rpc.archiveStaff, { companyId, id: "staff_z" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.restoreStaff),
    async prepare(server) {
      const [one, other] = [await makeStaff(server), await makeStaff(server)];
      for (const id of [one, other]) await server.ok(rpc.archiveStaff, { companyId, id });
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.restoreStaff, { companyId, id: variant ? other : one }, options),
        refuse: (options) => server.call(rpc.restoreStaff, { companyId, id: "staff_z" }, options),
      };
    },
  },
];

/** The platform key in place of a key of company A, and another one in place of another. */
function platformFor(key: object | undefined) {
  return key ? keys.platformOther : keys.platform;
}

async function makeBusiness(server: TestServer): Promise<string> {
  const { business } = await server.ok(rpc.createBusiness, { companyId, name: "For a test" });
  return business?.id ?? "";
}

async function makeStaff(server: TestServer): Promise<string> {
  const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "Tess" });
  return staff?.id ?? "";
}
