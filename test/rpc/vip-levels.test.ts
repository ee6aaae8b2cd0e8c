import { afterAll, expect, it } from "vitest";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { VipLevelService } from "../../src/gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = VipLevelService.method;
const companyId = "cmp_a";

const listed = async (showArchived = false) =>
  (await server.ok(rpc.listVipLevels, { companyId, showArchived })).vipLevels.map(({ id }) => id);

it("are listed in their order, archived ones only when asked for", async () => {
  expect(await listed()).toEqual(["vip_a2", "vip_a1"]);
  expect(await listed(true)).toEqual(["vip_a2", "vip_a1", "vip_a9"]);
});

it("are made at the end of the list, with an id of ours or the one that is given", async () => {
  const { vipLevel } = await server.ok(rpc.createVipLevel, { companyId, name: " Bronze " });
  expect(vipLevel).toMatchObject({ id: expect.stringMatching(/^vip_/), name: "Bronze", archived: false });
  await server.ok(rpc.createVipLevel, { companyId, id: "level-7", name: "Copper" });
  expect(await listed()).toEqual(["vip_a2", "vip_a1", vipLevel?.id, "level-7"]);
  expect(await server.refused(rpc.createVipLevel, { companyId, id: "vip_a9", name: "x" })).toMatchObject({
    ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" },
    metadata: { resource: "VipLevel", field: "id" },
  });
});

it("are put into a new order as a whole or not at all", async () => {
  const ids = await listed();
  const { vipLevels } = await server.ok(rpc.reorderVipLevels, { companyId, ids: ids.toReversed() });
  expect(vipLevels.map(({ id }) => id)).toEqual(ids.toReversed());
  const partly = await server.refused(rpc.reorderVipLevels, { companyId, ids: ids.slice(1) });
  expect(partly).toMatchObject(invalidField("ids", "TOO_FEW"));
});

it("show their new name at once in the query", async () => {
  const { id } = await madeCustomer(server);
  await server.ok(CallerService.method.updateCallerProfile, { companyId, customerId: id, vipLevelId: "vip_a1" });
  await server.ok(rpc.updateVipLevel, { companyId, id: "vip_a1", name: "Golden" });
  const { answer } = await server.ok(CallerService.method.queryCustomer, { id });
  expect(answer).toMatchObject({ isVip: "1", vipLevel: "vip_a1", vipLeveName: "Golden" });
});

it("stay on their customers when archived, are given to no other, and can be restored", async () => {
  const [one, other] = [await madeCustomer(server), await madeCustomer(server)];
  const give = { companyId, customerId: one.id, vipLevelId: "vip_a2" };
  await server.ok(CallerService.method.updateCallerProfile, give);
  await server.ok(rpc.archiveVipLevel, { companyId, id: "vip_a2" });
  const { answer } = await server.ok(CallerService.method.queryCustomer, { id: one.id });
  expect(answer).toMatchObject({ isVip: "1", vipLeveName: "Silver" });
  // Sending back what is stored is no new use of it.
  const { profile } = await server.ok(CallerService.method.updateCallerProfile, { ...give, nickname: "Kept" });
  expect(profile).toMatchObject({ nickname: "Kept", vipLevel: { id: "vip_a2", archived: true } });
  const toOther = { ...give, customerId: other.id };
  const refusal = await server.refused(CallerService.method.updateCallerProfile, toOther);
  expect(refusal).toMatchObject(invalidField("vip_level_id", "NOT_FOUND"));
  expect(await server.refused(rpc.updateVipLevel, { companyId, id: "vip_a2", name: "x" })).toMatchObject(isArchived);
  await server.ok(rpc.restoreVipLevel, { companyId, id: "vip_a2" });
  await server.ok(CallerService.method.updateCallerProfile, toOther);
});

it("are read and not written by a key of one location", async () => {
  const options = { key: keys.businessA1 };
  expect((await server.ok(rpc.listVipLevels, { companyId }, options)).vipLevels.length).toBeGreaterThan(0);
  const refusal = await server.refused(rpc.createVipLevel, { companyId, name: "x" }, options);
  expect(refusal).toMatchObject({
    ...{ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED" },
    metadata: { scope: "callcenter:write" },
  });
});

it("leave a row of the ledger with every change", async () => {
  const { vipLevel } = await server.ok(rpc.createVipLevel, { companyId, name: "Followed" });
  const id = vipLevel?.id ?? "";
  await server.ok(rpc.updateVipLevel, { companyId, id, name: "Renamed" });
  await server.ok(rpc.archiveVipLevel, { companyId, id });
  const { rows } = await server.database.owner.query(
    "SELECT version FROM change WHERE kind = 'vip_level' AND resource_id = $1 ORDER BY id",
    [id],
  );
  expect(rows.map(({ version }) => Number(version))).toEqual([1, 2, 3]);
});
