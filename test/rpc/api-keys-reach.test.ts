import { afterAll, describe, expect, it } from "vitest";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = ApiKeyService.method;
const types = { BUSINESS: 1, COMPANY: 2, ENTERPRISE: 3 } as const;

/** Keys that have key:admin and less than a whole company or enterprise beside it. */
const locations = fixtureKey("key_biz_admin", [{ type: "BUSINESS", companyId: "cmp_a", id: "biz_a1" }]);
const narrow = fixtureKey("key_narrow", [{ type: "COMPANY", id: "cmp_a" }], { scopes: ["key:admin", "customer:read"] });
const both = fixtureKey("key_both", [
  { type: "COMPANY", id: "cmp_a" },
  { type: "COMPANY", id: "cmp_b" },
]);
const stranded = fixtureKey("key_mixed_b_c", [
  { type: "COMPANY", id: "cmp_a" },
  { type: "COMPANY", id: "cmp_c" },
]);
await server.insertKeys([locations, narrow, both, stranded]);

interface Wanted {
  readonly organization: readonly [type: keyof typeof types, id: string, companyId?: string];
  readonly scopes?: readonly string[];
  readonly allowedIpRanges?: readonly string[];
}

function request({ organization: [type, id, companyId = ""], scopes = ["key:admin"], allowedIpRanges = [] }: Wanted) {
  const value = { organizations: [{ type: types[type], id, companyId }] };
  return {
    name: "Wanted",
    restrictions: {
      scopes: [...scopes],
      allowedIpRanges: [...allowedIpRanges],
      clientRestrictions: { case: "organizationRestrictions" as const, value },
    },
  };
}

const exceeds = (exceeded: string) => ({
  ...{ code: "PERMISSION_DENIED", reason: "REACH_EXCEEDED", metadata: { exceeded } },
});

describe("a key hands out no organization beyond its own", () => {
  it.each([
    ["a company that it covers", keys.a, ["COMPANY", "cmp_a"], true],
    ["a location of a company that it covers", keys.a, ["BUSINESS", "biz_a1"], true],
    ["a company of the enterprise that it covers", keys.enterprise, ["COMPANY", "cmp_b"], true],
    ["the enterprise that it covers", keys.enterprise, ["ENTERPRISE", "ent_ab"], true],
    ["its own location", locations, ["BUSINESS", "biz_a1"], true],
    ["another company", keys.a, ["COMPANY", "cmp_c"], false],
    ["a company that does not exist", keys.a, ["COMPANY", "cmp_z"], false],
    ["a location of another company", keys.a, ["BUSINESS", "biz_c1", "cmp_c"], false],
    ["the enterprise whose companies it covers one by one", both, ["ENTERPRISE", "ent_ab"], false],
    ["another location of its company", locations, ["BUSINESS", "biz_a2"], false],
    ["the company of its location", locations, ["COMPANY", "cmp_a"], false],
  ] as const)("%s", async (_, key, organization, isAllowed) => {
    const answer = await server.call(rpc.createApiKey, request({ organization }), { key });
    if (isAllowed) expect(answer).toMatchObject({ ok: true });
    else expect(answer).toMatchObject(exceeds("organizations"));
  });

  it("and none beyond the company that the call names in its header", async () => {
    const options = { key: keys.enterprise, headers: { "moego-company": "cmp_a" } };
    await server.ok(rpc.createApiKey, request({ organization: ["COMPANY", "cmp_a"] }), options);
    for (const organization of [
      ["COMPANY", "cmp_b"],
      ["ENTERPRISE", "ent_ab"],
    ] as const) {
      expect(await server.refused(rpc.createApiKey, request({ organization }), options)).toMatchObject(
        exceeds("organizations"),
      );
    }
  });
});

describe("a key hands out no scope beyond its own", () => {
  const organization = ["COMPANY", "cmp_a"] as const;

  it.each([
    [["key:admin"], true],
    [["customer:read", "key:admin"], true],
    [["customer:write"], false],
    [["platform:admin"], false],
    [[], false],
  ])("%j: %s", async (scopes, isAllowed) => {
    const answer = await server.call(rpc.createApiKey, request({ organization, scopes }), { key: narrow });
    if (isAllowed) expect(answer).toMatchObject({ ok: true });
    else expect(answer).toMatchObject(exceeds("scopes"));
  });

  it("the empty list among them where it has all that it stands for", async () => {
    await server.ok(rpc.createApiKey, request({ organization, scopes: [] }));
  });
});

describe("a key that is limited to addresses hands out no others", () => {
  const organization = ["COMPANY", "cmp_a"] as const;
  const made = (allowedIpRanges: readonly string[]) =>
    server.call(rpc.createApiKey, request({ organization, allowedIpRanges }), { key: keys.nearby });

  it.each([["127.0.0.1"], ["127.0.0.0/8"], ["127.1.0.0/16", "::1"], ["::ffff:127.0.0.1"], ["0:0:0:0:0:0:0:1/128"]])(
    "but its own: %s %s",
    async (...ranges) => {
      expect(await made(ranges)).toMatchObject({ ok: true });
    },
  );

  it.each([[""], ["10.0.0.1"], ["126.0.0.0/7"], ["0.0.0.0/0"], ["::1/127"], ["::/0"], ["::2"]])(
    "not %s",
    async (range) => {
      expect(await made(range === "" ? [] : [range])).toMatchObject(exceeds("addresses"));
    },
  );

  it("and says everything that goes too far", async () => {
    const wanted = request({ organization: ["COMPANY", "cmp_c"], scopes: ["platform:admin"] });
    expect(await server.refused(rpc.createApiKey, wanted, { key: keys.nearby })).toMatchObject(
      exceeds("organizations,scopes,addresses"),
    );
  });
});

describe("a key outside the reach of the caller", () => {
  const hidden = [
    ["of another company", keys.c],
    ["of another company beside its own", stranded],
    ["of the enterprise, of which it covers one company", keys.enterprise],
    ["of the platform", keys.platform],
  ] as const;

  it.each(hidden)("is not found: one %s", async (_, { id }) => {
    expect(await server.refused(rpc.getApiKey, { id })).toMatchObject(notFound);
    expect(await server.refused(rpc.rotateApiKey, { id })).toMatchObject(notFound);
    expect(await server.refused(rpc.revokeApiKey, { id })).toMatchObject(notFound);
    const { rows } = await server.database.owner.query("SELECT revoked_time FROM api_key WHERE id = $1", [id]);
    expect(rows).toEqual([{ revoked_time: null }]);
  });

  it("is not listed, while those within it are, also for a key of one location", async () => {
    const listed = async (key: { readonly secret: string }) => {
      const { keys: found } = await server.ok(
        rpc.listApiKeys,
        { pagination: { pageSize: 500 }, showRevoked: true },
        { key },
      );
      return found.map(({ id }) => id);
    };
    const ofA = await listed(keys.a);
    expect(ofA).toEqual(expect.arrayContaining([keys.a.id, keys.businessA1.id, keys.revoked.id, narrow.id]));
    for (const [, { id }] of hidden) expect(ofA).not.toContain(id);
    const ofLocation = await listed(locations);
    expect(ofLocation).toEqual(expect.arrayContaining([locations.id, keys.businessA1.id]));
    expect(ofLocation).not.toContain(keys.a.id);
    const ofEnterprise = await listed(keys.enterprise);
    expect(ofEnterprise).toEqual(expect.arrayContaining([keys.enterprise.id, keys.a.id, keys.b.id, both.id]));
    expect(ofEnterprise).not.toContain(stranded.id);
    expect(await listed(keys.platform)).toEqual(expect.arrayContaining([...ofA, keys.c.id, stranded.id]));
  });

  it("is not rotated by one that has less: it would gain the secret", async () => {
    expect(await server.refused(rpc.rotateApiKey, { id: keys.a.id }, { key: narrow })).toMatchObject(exceeds("scopes"));
    expect(await server.refused(rpc.rotateApiKey, { id: keys.aOther.id }, { key: keys.nearby })).toMatchObject(
      exceeds("addresses"),
    );
  });
});

describe("a platform key", () => {
  const call = { key: keys.platform };

  it("makes a company and a key for it, and reads nothing of it itself", async () => {
    const request_ = { name: "Epsilon", country: "US", timeZone: "America/Denver" };
    const { company } = await server.ok(DirectoryAdminService.method.createCompany, request_, call);
    const id = company?.id ?? "";
    const wanted = request({ organization: ["COMPANY", id], scopes: ["directory:read", "directory:write"] });
    const { key } = await server.ok(rpc.createApiKey, wanted, call);
    const tenant = { key: { secret: key?.secret ?? "" } };
    expect(await server.ok(CompanyService.method.getCompany, { id }, tenant)).toMatchObject({ name: "Epsilon" });
    const refusals = [
      await server.refused(CompanyService.method.getCompany, { id }, call),
      await server.refused(CustomerService.method.getCustomer, { id: "cus_a1" }, call),
      await server.refused(DirectoryAdminService.method.updateCompany, { companyId: id, name: "x" }, call),
    ];
    expect(refusals.map(({ reason }) => reason)).toEqual(["SCOPE_REQUIRED", "SCOPE_REQUIRED", "SCOPE_REQUIRED"]);
  });

  it("reads nothing of a tenant whatever other scopes it has", async () => {
    const wide = fixtureKey("key_platform_wide", [], {
      scopes: ["platform:admin", "customer:read", "directory:read"],
    });
    await server.insertKeys([wide]);
    expect(await server.refused(CustomerService.method.getCustomer, { id: "cus_a1" }, { key: wide })).toMatchObject(
      notFound,
    );
    expect(await server.refused(CompanyService.method.getCompany, { id: "cmp_a" }, { key: wide })).toMatchObject(
      notFound,
    );
    const list = { companyId: "cmp_a", pagination: {} };
    expect(await server.refused(CustomerService.method.listCustomers, list, { key: wide })).toMatchObject({
      reason: "COMPANY_NOT_ALLOWED",
    });
  });

  it("makes other platform keys, which name no organization", async () => {
    const { key } = await server.ok(
      rpc.createApiKey,
      { name: "p", restrictions: { scopes: ["platform:admin"] } },
      call,
    );
    expect(key?.restrictions?.clientRestrictions.case).toBeUndefined();
    const bound = request({ organization: ["COMPANY", "cmp_a"], scopes: ["platform:admin"] });
    expect((await server.refused(rpc.createApiKey, bound, call)).violations).toEqual([
      { field: "restrictions.organization_restrictions.organizations", reason: "CONFLICT" },
    ]);
  });

  it("is bound by its addresses like any other", async () => {
    const wanted = request({ organization: ["COMPANY", "cmp_a"] });
    expect(await server.refused(rpc.createApiKey, wanted, { key: keys.platformNearby })).toMatchObject(
      exceeds("addresses"),
    );
  });
});
