import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { Gender, ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CallerService.method;
const companyId = "cmp_a";
const kind = ThirdAccountKind.WHATSAPP;

async function madeCaller() {
  const { id } = await madeCustomer(server);
  return { companyId, customerId: id };
}

const read = async (caller: { customerId: string }) =>
  (await server.ok(rpc.getCallerProfile, { companyId, ...caller })).profile;
const customerOf = ({ customerId }: { customerId: string }) =>
  server.ok(CustomerService.method.getCustomer, { id: customerId });

async function changesOf({ customerId }: { customerId: string }): Promise<readonly { rpc: string; version: string }[]> {
  const { rows } = await server.database.owner.query<{ rpc: string; version: string }>(
    "SELECT rpc, version FROM change WHERE kind = 'customer' AND resource_id = $1 ORDER BY id",
    [customerId],
  );
  return rows;
}

const taken = { code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" } as const;

describe("a profile", () => {
  it("is empty for a customer about whom nothing was written", async () => {
    const caller = await madeCaller();
    expect(await read(caller)).toMatchObject({
      ...{ ...caller, nickname: "", gender: Gender.UNSPECIFIED, blacklisted: false, enterpriseName: "" },
      ...{ visitorIds: [], assignedStaffId: "", accounts: [], etag: "1" },
    });
    expect((await read(caller))?.vipLevel).toBeUndefined();
  });

  it("keeps what a change does not name", async () => {
    const caller = await madeCaller();
    const whole = {
      ...{ nickname: "Nick", gender: Gender.MALE, vipLevelId: "vip_a1", blacklisted: true, enterpriseName: "Inc." },
      ...{ visitorIds: ["v1", "v2"], assignedStaffId: "staff_a2" },
    };
    await server.ok(rpc.updateCallerProfile, { ...caller, ...whole });
    const { profile } = await server.ok(rpc.updateCallerProfile, { ...caller, nickname: " New  " });
    const { vipLevelId, ...same } = whole;
    expect(profile).toMatchObject({ ...same, nickname: "New", vipLevel: { id: vipLevelId, name: "Gold" } });
    expect(await read(caller)).toEqual(profile);
  });

  it("gives up a level, a staff member and texts that are sent empty", async () => {
    const caller = await madeCaller();
    const whole = { nickname: "Nick", vipLevelId: "vip_a1", assignedStaffId: "staff_a2" };
    await server.ok(rpc.updateCallerProfile, { ...caller, ...whole });
    const empty = { nickname: "", vipLevelId: "", assignedStaffId: "", blacklisted: false };
    const { profile } = await server.ok(rpc.updateCallerProfile, { ...caller, ...empty });
    expect(profile).toMatchObject({ nickname: "", assignedStaffId: "" });
    expect(profile?.vipLevel).toBeUndefined();
  });

  it("shows at once in the query, and its staff member on the customer", async () => {
    const caller = await madeCaller();
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
    const caller = await madeCaller();
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
    expect((await changesOf(caller)).map(({ rpc: name, version }) => `${name.split("/")[1]} ${version}`)).toEqual([
      ...["CreateCustomer 1", "UpdateCallerProfile 2", "LinkAccount 3", "UnlinkAccount 4"],
    ]);
  });

  it("is changed only in the state that its etag names", async () => {
    const caller = await madeCaller();
    await server.ok(rpc.updateCallerProfile, { ...caller, nickname: "One", etag: "1" });
    const refusal = await server.refused(rpc.updateCallerProfile, { ...caller, nickname: "Two", etag: "1" });
    expect(refusal).toMatchObject({ code: "ABORTED", reason: "ETAG_MISMATCH" });
    expect(await read(caller)).toMatchObject({ nickname: "One" });
  });

  it("says everything that is wrong with a change at once", async () => {
    const caller = await madeCaller();
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
    const refusal = await server.refused(rpc.updateCallerProfile, { ...(await madeCaller()), ...change });
    expect(refusal.violations).toEqual([
      { field: "vip_level_id", reason: "NOT_FOUND" },
      { field: "assigned_staff_id", reason: "NOT_FOUND" },
    ]);
  });

  it("of an archived customer is read and not written", async () => {
    const caller = { companyId, customerId: "cus_a9" };
    expect(await read(caller)).toMatchObject(caller);
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
    const caller = await madeCaller();
    const accountId = `gone with ${caller.customerId}`;
    await server.ok(rpc.updateCallerProfile, { ...caller, nickname: "Gone" });
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId });
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: caller.customerId });
    expect(await server.refused(rpc.getCallerProfile, caller)).toMatchObject(notFound);
    const next = await madeCaller();
    await server.ok(rpc.linkAccount, { ...next, kind, accountId });
    expect(await server.ok(rpc.queryCustomer, { thirdAccountId: accountId })).toMatchObject({ matchCount: 1 });
  });
});

describe("an account", () => {
  it("takes the place of the one of its kind that the customer had, which is free from then on", async () => {
    const [one, other] = [await madeCaller(), await madeCaller()];
    await server.ok(rpc.linkAccount, { ...one, kind, accountId: "first" });
    const { profile } = await server.ok(rpc.linkAccount, { ...one, kind, accountId: "second" });
    expect(profile?.accounts).toMatchObject([{ kind, accountId: "second" }]);
    await server.ok(rpc.linkAccount, { ...other, kind, accountId: "first" });
    expect((await read(other))?.accounts).toMatchObject([{ kind, accountId: "first" }]);
  });

  it("of each kind is listed in the order of the kinds", async () => {
    const caller = await madeCaller();
    for (const each of [ThirdAccountKind.DISCORD, ThirdAccountKind.PARTNER, ThirdAccountKind.LINE])
      await server.ok(rpc.linkAccount, { ...caller, kind: each, accountId: `${each} of ${caller.customerId}` });
    expect((await read(caller))?.accounts.map((account) => account.kind)).toEqual([
      ...[ThirdAccountKind.PARTNER, ThirdAccountKind.LINE, ThirdAccountKind.DISCORD],
    ]);
  });

  it("of another customer is refused, naming that one, until it is unlinked there", async () => {
    const [one, other] = [await madeCaller(), await madeCaller()];
    await server.ok(rpc.linkAccount, { ...one, kind, accountId: "wanted" });
    await server.ok(rpc.linkAccount, { ...other, kind, accountId: "kept" });
    const refusal = await server.refused(rpc.linkAccount, { ...other, kind, accountId: "wanted" });
    expect(refusal).toMatchObject(taken);
    expect(refusal.metadata).toMatchObject({ resource: "Account", field: "account_id", customerId: one.customerId });
    expect((await read(other))?.accounts).toMatchObject([{ accountId: "kept" }]);
    await server.ok(rpc.unlinkAccount, { ...one, kind });
    await server.ok(rpc.linkAccount, { ...other, kind, accountId: "wanted" });
  });

  it("of a customer that the key does not see is refused without a name", async () => {
    const caller = await madeCaller();
    const link = { ...caller, kind: ThirdAccountKind.LINE, accountId: "line-of-a2" };
    const refusal = await server.refused(rpc.linkAccount, link, { key: keys.businessA1 });
    expect(refusal).toMatchObject(taken);
    expect(refusal.metadata).not.toHaveProperty("customerId");
    expect(refusal.wire).not.toContain("cus_a2");
    expect((await server.refused(rpc.linkAccount, link)).metadata).toMatchObject({ customerId: "cus_a2" });
  });

  it("may be the same text under another kind and in another company", async () => {
    const caller = await madeCaller();
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId: "wa-of-c" });
    await server.ok(rpc.linkAccount, { ...caller, kind: ThirdAccountKind.TELEGRAM, accountId: "wa-of-c" });
    expect((await read(caller))?.accounts).toHaveLength(2);
  });

  it("that the customer has already, or one that is unlinked and was not there, changes nothing", async () => {
    const caller = await madeCaller();
    await server.ok(rpc.unlinkAccount, { ...caller, kind });
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId: `mine ${caller.customerId}` });
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId: `mine ${caller.customerId}` });
    expect(await changesOf(caller)).toHaveLength(2);
  });

  it("needs a kind that exists and an id of one line", async () => {
    const caller = await madeCaller();
    const wrong = await server.refused(rpc.linkAccount, { ...caller, kind: Number(11), accountId: "a\tb" });
    expect(wrong.violations).toEqual([
      { field: "kind", reason: "NOT_ALLOWED" },
      { field: "account_id", reason: "INVALID_FORMAT" },
    ]);
    const blank = await server.refused(rpc.linkAccount, { ...caller, kind, accountId: "  " });
    expect(blank).toMatchObject(invalidField("account_id", "REQUIRED"));
  });
});

describe("32 clients at once", () => {
  const clients = Array.from({ length: 32 }, (_, index) => index);

  it("that link one account to 32 customers leave it with one of them, and the others are told who", async () => {
    const callers = await Promise.all(clients.map(madeCaller));
    const accountId = "wanted by all";
    const answers = await Promise.all(
      callers.map((caller) => server.call(rpc.linkAccount, { ...caller, kind, accountId })),
    );
    const winners = callers.filter((_, index) => answers[index]?.ok);
    expect(winners).toHaveLength(1);
    for (const answer of answers)
      if (!answer.ok) expect(answer).toMatchObject({ ...taken, metadata: { customerId: winners[0]?.customerId } });
    const { matchCount, customer } = await server.ok(rpc.queryCustomer, { thirdAccountId: accountId });
    expect({ matchCount, id: customer?.id }).toEqual({ matchCount: 1, id: winners[0]?.customerId });
    for (const caller of callers) {
      const versions = (await changesOf(caller)).length;
      expect(versions).toBe(caller === winners[0] ? 2 : 1);
    }
  });

  it("that give 32 accounts to one customer leave it with one of them", async () => {
    const caller = await madeCaller();
    const answers = await Promise.all(
      clients.map((index) => server.call(rpc.linkAccount, { ...caller, kind, accountId: `rival ${index}` })),
    );
    expect(answers.every((answer) => answer.ok)).toBe(true);
    const accounts = (await read(caller))?.accounts ?? [];
    expect(accounts).toHaveLength(1);
    const counts = await Promise.all(
      clients.map((index) => server.ok(rpc.queryCustomer, { thirdAccountId: `rival ${index}` })),
    );
    expect(counts.map(({ matchCount }) => matchCount).toSorted()).toEqual([...clients.slice(1).map(() => 0), 1]);
    expect(await changesOf(caller)).toHaveLength(33);
  });

  it("that swap accounts back and forth never leave one with two customers, and nothing ends unexpectedly", async () => {
    const [one, other] = [await madeCaller(), await madeCaller()];
    const answers = await Promise.all(
      clients.map((index) =>
        server.call(rpc.linkAccount, { ...(index % 2 ? one : other), kind, accountId: `swap ${(index >> 1) % 2}` }),
      ),
    );
    for (const answer of answers) if (!answer.ok) expect(["ALREADY_EXISTS", "ABORTED"]).toContain(answer.code);
    const [a, b] = [await read(one), await read(other)];
    expect(a?.accounts).toHaveLength(1);
    expect(a?.accounts[0]?.accountId).not.toBe(b?.accounts[0]?.accountId);
  });
});

it("would be counted twice if two customers had it: without the unique key the query sees both", async () => {
  await server.database.owner.query("ALTER TABLE customer_account DROP CONSTRAINT customer_account_id_key");
  const rows = [await madeCaller(), await madeCaller()].map(({ customerId }) => ({
    ...{ company_id: companyId, customer_id: customerId, kind, account_id: "of two" },
  }));
  await server.insert([["customer_account", rows]]);
  expect(await server.ok(rpc.queryCustomer, { thirdAccountId: "of two" })).toMatchObject({ matchCount: 2 });
});

function millisecondsOf({ lastUpdatedTime: time }: Awaited<ReturnType<typeof customerOf>>): number {
  return Number(time?.seconds ?? 0n) * 1_000 + (time?.nanos ?? 0) / 1e6;
}
