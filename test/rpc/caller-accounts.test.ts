import { afterAll, describe, expect, it } from "vitest";
import { ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { changesOf, madeCaller, profileOf } from "../support/made-caller.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CallerService.method;
const companyId = "cmp_a";
const kind = ThirdAccountKind.WHATSAPP;

const taken = { code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" } as const;

describe("an account", () => {
  it("takes the place of the one of its kind that the customer had, which is free from then on", async () => {
    const [one, other] = [await madeCaller(server), await madeCaller(server)];
    await server.ok(rpc.linkAccount, { ...one, kind, accountId: "first" });
    const { profile } = await server.ok(rpc.linkAccount, { ...one, kind, accountId: "second" });
    expect(profile?.accounts).toMatchObject([{ kind, accountId: "second" }]);
    await server.ok(rpc.linkAccount, { ...other, kind, accountId: "first" });
    expect((await profileOf(server, other))?.accounts).toMatchObject([{ kind, accountId: "first" }]);
  });

  it("of each kind is listed in the order of the kinds", async () => {
    const caller = await madeCaller(server);
    for (const each of [ThirdAccountKind.DISCORD, ThirdAccountKind.PARTNER, ThirdAccountKind.LINE])
      await server.ok(rpc.linkAccount, { ...caller, kind: each, accountId: `${each} of ${caller.customerId}` });
    expect((await profileOf(server, caller))?.accounts.map((account) => account.kind)).toEqual([
      ...[ThirdAccountKind.PARTNER, ThirdAccountKind.LINE, ThirdAccountKind.DISCORD],
    ]);
  });

  it("of another customer is refused, naming that one, until it is unlinked there", async () => {
    const [one, other] = [await madeCaller(server), await madeCaller(server)];
    await server.ok(rpc.linkAccount, { ...one, kind, accountId: "wanted" });
    await server.ok(rpc.linkAccount, { ...other, kind, accountId: "kept" });
    const refusal = await server.refused(rpc.linkAccount, { ...other, kind, accountId: "wanted" });
    expect(refusal).toMatchObject(taken);
    expect(refusal.metadata).toMatchObject({ resource: "Account", field: "account_id", customerId: one.customerId });
    expect((await profileOf(server, other))?.accounts).toMatchObject([{ accountId: "kept" }]);
    await server.ok(rpc.unlinkAccount, { ...one, kind });
    await server.ok(rpc.linkAccount, { ...other, kind, accountId: "wanted" });
  });

  it("of a customer that the key does not see is refused without a name", async () => {
    const caller = await madeCaller(server);
    const link = { ...caller, kind: ThirdAccountKind.LINE, accountId: "line-of-a2" };
    const refusal = await server.refused(rpc.linkAccount, link, { key: keys.businessA1 });
    expect(refusal).toMatchObject(taken);
    expect(refusal.metadata).not.toHaveProperty("customerId");
    expect(refusal.wire).not.toContain("cus_a2");
    expect((await server.refused(rpc.linkAccount, link)).metadata).toMatchObject({ customerId: "cus_a2" });
  });

  it("may be the same text under another kind and in another company", async () => {
    const caller = await madeCaller(server);
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId: "wa-of-c" });
    await server.ok(rpc.linkAccount, { ...caller, kind: ThirdAccountKind.TELEGRAM, accountId: "wa-of-c" });
    expect((await profileOf(server, caller))?.accounts).toHaveLength(2);
  });

  it("that the customer has already, or one that is unlinked and was not there, changes nothing", async () => {
    const caller = await madeCaller(server);
    await server.ok(rpc.unlinkAccount, { ...caller, kind });
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId: `mine ${caller.customerId}` });
    await server.ok(rpc.linkAccount, { ...caller, kind, accountId: `mine ${caller.customerId}` });
    expect(await changesOf(server, caller)).toHaveLength(2);
  });

  it("needs a kind that exists and an id of one line", async () => {
    const caller = await madeCaller(server);
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
    const callers = await Promise.all(clients.map(() => madeCaller(server)));
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
      const versions = (await changesOf(server, caller)).length;
      expect(versions).toBe(caller === winners[0] ? 2 : 1);
    }
  });

  it("that give 32 accounts to one customer leave it with one of them", async () => {
    const caller = await madeCaller(server);
    const answers = await Promise.all(
      clients.map((index) => server.call(rpc.linkAccount, { ...caller, kind, accountId: `rival ${index}` })),
    );
    expect(answers.every((answer) => answer.ok)).toBe(true);
    const accounts = (await profileOf(server, caller))?.accounts ?? [];
    expect(accounts).toHaveLength(1);
    const counts = await Promise.all(
      clients.map((index) => server.ok(rpc.queryCustomer, { thirdAccountId: `rival ${index}` })),
    );
    expect(counts.map(({ matchCount }) => matchCount).toSorted()).toEqual([...clients.slice(1).map(() => 0), 1]);
    expect(await changesOf(server, caller)).toHaveLength(33);
  });

  it("that swap accounts back and forth never leave one with two customers, and nothing ends unexpectedly", async () => {
    const [one, other] = [await madeCaller(server), await madeCaller(server)];
    const answers = await Promise.all(
      clients.map((index) =>
        server.call(rpc.linkAccount, { ...(index % 2 ? one : other), kind, accountId: `swap ${(index >> 1) % 2}` }),
      ),
    );
    for (const answer of answers) if (!answer.ok) expect(["ALREADY_EXISTS", "ABORTED"]).toContain(answer.code);
    const [a, b] = [await profileOf(server, one), await profileOf(server, other)];
    expect(a?.accounts).toHaveLength(1);
    expect(a?.accounts[0]?.accountId).not.toBe(b?.accounts[0]?.accountId);
  });
});

it("would be counted twice if two customers had it: without the unique key the query sees both", async () => {
  await server.database.owner.query("ALTER TABLE customer_account DROP CONSTRAINT customer_account_id_key");
  const rows = [await madeCaller(server), await madeCaller(server)].map(({ customerId }) => ({
    ...{ company_id: companyId, customer_id: customerId, kind, account_id: "of two" },
  }));
  await server.insert([["customer_account", rows]]);
  expect(await server.ok(rpc.queryCustomer, { thirdAccountId: "of two" })).toMatchObject({ matchCount: 2 });
});
