import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { Gender, ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { changesOf, madeCaller, profileOf } from "../support/made-caller.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CallerService.method;
const companyId = "cmp_a";
const kind = ThirdAccountKind.WHATSAPP;

const customerOf = ({ customerId }: { customerId: string }) =>
  server.ok(CustomerService.method.getCustomer, { id: customerId });

describe("a profile", () => {
  it("is empty for a customer about whom nothing was written", async () => {
    const caller = await madeCaller(server);
    expect(await profileOf(server, caller)).toMatchObject({
      ...{ ...caller, nickname: "", gender: Gender.UNSPECIFIED, blacklisted: false, enterpriseName: "" },
      ...{ visitorIds: [], assignedStaffId: "", accounts: [], etag: "1" },
    });
    expect((await profileOf(server, caller))?.vipLevel).toBeUndefined();
  });

  it("keeps what a change does not name", async () => {
    const caller = await madeCaller(server);
    const whole = {
      ...{ nickname: "Nick", gender: Gender.MALE, vipLevelId: "vip_a1", blacklisted: true, enterpriseName: "Inc." },
      ...{ visitorIds: ["v1", "v2"], assignedStaffId: "staff_a2" },
    };
    await server.ok(rpc.updateCallerProfile, { ...caller, ...whole });
    const { profile } = await server.ok(rpc.updateCallerProfile, { ...caller, nickname: " New  " });
    const { vipLevelId, ...same } = whole;
    expect(profile).toMatchObject({ ...same, nickname: "New", vipLevel: { id: vipLevelId, name: "Gold" } });
    expect(await profileOf(server, caller)).toEqual(profile);
  });

  it("gives up a level, a staff member and texts that are sent empty", async () => {
    const caller = await madeCaller(server);
    const whole = { nickname: "Nick", vipLevelId: "vip_a1", assignedStaffId: "staff_a2" };
    await server.ok(rpc.updateCallerProfile, { ...caller, ...whole });
    const empty = { nickname: "", vipLevelId: "", assignedStaffId: "", blacklisted: false };
    const { profile } = await server.ok(rpc.updateCallerProfile, { ...caller, ...empty });
    expect(profile).toMatchObject({ nickname: "", assignedStaffId: "" });
    expect(profile?.vipLevel).toBeUndefined();
  });

  it("shows at once in the query, and its staff member on the customer", async () => {
    const caller = await madeCaller(server);
    await server.ok(rpc.updateCallerProfile, {
      ...{ ...caller, nickname: "Nick", gender: Gender.FEMALE, vipLevelId: "vip_a2", blacklisted: true },
      ...{ enterpriseName: "Inc.", visitorIds: ["v1", "v2"], assignedStaffId: "staff_a2" },
    });
    const { answer } = await server.ok(rpc.queryCustomer, { id: caller.customerId });
    expect(answer).toMatchObject({
      ...{ nick: "Nick", sexName: "Female", isVip: "1", vipLevel: "vip_a2", vipLeveName: "Silver", isblack: "1" },
      ...{ userStatusName: "blacklist", enterprise_name: "Inc.", visitorids: "v1,v2" },
      liableServiceName: "Adam Tester",
    });
    expect(await customerOf(caller)).toMatchObject({ assignedStaffId: "staff_a2" });
  });

  it("changes as the customer does: version, time, author and a row of the ledger", async () => {
    const caller = await madeCaller(server);
    const steps = [
      () => server.ok(rpc.updateCallerProfile, { ...caller, nickname: "Nick" }),
      () => server.ok(rpc.linkAccount, { ...caller, kind, accountId: `of ${caller.customerId}` }),
      () => server.ok(rpc.unlinkAccount, { ...caller, kind }),
    ];
    for (const [index, step] of steps.entries()) {
      const before = await customerOf(caller);
      await step();
      const after = await customerOf(caller);
      expect(after.etag).toBe(String(index + 2));
      expect(millisecondsOf(after)).toBeGreaterThan(millisecondsOf(before));
      expect(after.lastUpdatedBy).toBe("staff_a1");
    }
    expect(
      (await changesOf(server, caller)).map(({ rpc: name, version }) => `${name.split("/")[1]} ${version}`),
    ).toEqual([...["CreateCustomer 1", "UpdateCallerProfile 2", "LinkAccount 3", "UnlinkAccount 4"]]);
  });

  it("is changed only in the state that its etag names", async () => {
    const caller = await madeCaller(server);
    await server.ok(rpc.updateCallerProfile, { ...caller, nickname: "One", etag: "1" });
    const refusal = await server.refused(rpc.updateCallerProfile, { ...caller, nickname: "Two", etag: "1" });
    expect(refusal).toMatchObject({ code: "ABORTED", reason: "ETAG_MISMATCH" });
    expect(await profileOf(server, caller)).toMatchObject({ nickname: "One" });
  });

  it("says everything that is wrong with a change at once", async () => {
    const caller = await madeCaller(server);
    const wrong = {
      ...{ nickname: "x".repeat(101), gender: 7, vipLevelId: "no id", enterpriseName: "a\nb" },
      ...{ visitorIds: ["a,b", "", "c", "c"], assignedStaffId: "x".repeat(31) },
    };
    const refusal = await server.refused(rpc.updateCallerProfile, { ...caller, ...wrong });
    expect(refusal.violations).toEqual([
      { field: "nickname", reason: "TOO_LONG" },
      { field: "gender", reason: "NOT_ALLOWED" },
      { field: "vip_level_id", reason: "INVALID_FORMAT" },
      { field: "enterprise_name", reason: "INVALID_FORMAT" },
      { field: "visitor_ids[0]", reason: "INVALID_FORMAT" },
      { field: "visitor_ids[1]", reason: "REQUIRED" },
      { field: "assigned_staff_id", reason: "INVALID_FORMAT" },
    ]);
    const twice = await server.refused(rpc.updateCallerProfile, { ...caller, visitorIds: ["c", "c"] });
    expect(twice).toMatchObject(invalidField("visitor_ids[1]", "DUPLICATE_FIELD"));
  });

  it.each([
    ["that do not exist", { vipLevelId: "vip_zz", assignedStaffId: "staff_zz" }],
    ["of another tenant", { vipLevelId: "vip_c1", assignedStaffId: "staff_c1" }],
    ["that are archived", { vipLevelId: "vip_a9", assignedStaffId: "staff_a9" }],
  ])("takes no level and no staff member %s", async (_, change) => {
    const refusal = await server.refused(rpc.updateCallerProfile, { ...(await madeCaller(server)), ...change });
    expect(refusal.violations).toEqual([
      { field: "vip_level_id", reason: "NOT_FOUND" },
      { field: "assigned_staff_id", reason: "NOT_FOUND" },
    ]);
  });

  it("of an archived customer is read and not written", async () => {
    const caller = { companyId, customerId: "cus_a9" };
    expect(await profileOf(server, caller)).toMatchObject(caller);
    expect(await server.refused(rpc.updateCallerProfile, { ...caller, nickname: "x" })).toMatchObject(isArchived);
    expect(await server.refused(rpc.linkAccount, { ...caller, kind, accountId: "x" })).toMatchObject(isArchived);
    expect(await server.refused(rpc.unlinkAccount, { ...caller, kind })).toMatchObject(isArchived);
  });

  it("of a customer at another location is none to a key of one location", async () => {
    const caller = { companyId, customerId: "cus_a2" };
    const options = { key: keys.businessA1 };
    for (const refusal of [
      await server.refused(rpc.getCallerProfile, caller, options),
      await server.refused(rpc.updateCallerProfile, { ...caller, nickname: "x" }, options),
      await server.refused(rpc.linkAccount, { ...caller, kind, accountId: "x" }, options),
      await server.refused(rpc.unlinkAccount, { ...caller, kind }, options),
    ])
      expect(refusal).toMatchObject(notFound);
  });

  it("goes with its customer when that one is erased, accounts too", async () => {
    const caller = await madeCaller(server);
    const accountId = `gone with ${caller.customerId}`;
    await server.ok(rpc.updateCallerProfile, { ...caller, nickname: "Gone" });
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId });
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: caller.customerId });
    expect(await server.refused(rpc.getCallerProfile, caller)).toMatchObject(notFound);
    const next = await madeCaller(server);
    await server.ok(rpc.linkAccount, { ...next, kind, accountId });
    expect(await server.ok(rpc.queryCustomer, { thirdAccountId: accountId })).toMatchObject({ matchCount: 1 });
  });
});

function millisecondsOf({ lastUpdatedTime: time }: Awaited<ReturnType<typeof customerOf>>): number {
  return Number(time?.seconds ?? 0n) * 1_000 + (time?.nanos ?? 0) / 1e6;
}
