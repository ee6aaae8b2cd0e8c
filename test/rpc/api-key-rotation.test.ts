import { afterAll, describe, expect, it } from "vitest";
import { hashSecret } from "../../src/core/key-secrets.js";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { madeKey, reasonOf, until, using } from "../support/made-key.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = ApiKeyService.method;
const week = { seconds: 604_800n };

describe("RotateApiKey", () => {
  it("keeps id and restrictions; both secrets work until the overlap ends", async () => {
    const first = await madeKey(server);
    const { key: rotated } = await server.ok(rpc.rotateApiKey, { id: first.id, overlap: week });
    expect(rotated).toMatchObject({ id: first.id, name: first.name, restrictions: first.restrictions });
    expect(rotated?.secret).toMatch(/^moego_/);
    expect(rotated?.secret).not.toBe(first.secret);
    expect(rotated?.hint).toBe(`${rotated?.secret.slice(0, 10)}...`);
    for (const { secret } of [first, rotated ?? first]) await server.ok(rpc.getApiKey, { id: first.id }, using(secret));
    await server.database.owner.query("UPDATE api_key_secret SET expired_time = now() WHERE hash = $1", [
      hashSecret(first.secret),
    ]);
    await until(async () => (await reasonOf(server, first.id, first.secret)) === "KEY_EXPIRED");
    expect(await reasonOf(server, first.id, rotated?.secret ?? "")).toBeUndefined();
  });

  it("lets the secret before work for 24 hours unless told otherwise", async () => {
    const { id, secret } = await madeKey(server);
    await server.ok(rpc.rotateApiKey, { id });
    expect(await lifeOf(secret)).toBeCloseTo(24, 1);
    const other = await madeKey(server);
    await server.ok(rpc.rotateApiKey, { id: other.id, overlap: { seconds: 2_592_000n } });
    expect(await lifeOf(other.secret)).toBeCloseTo(720, 1);
  });

  it("ends the secret before at once with an overlap of 0, and that of an earlier rotation with any", async () => {
    const first = await madeKey(server);
    const { key: next } = await server.ok(rpc.rotateApiKey, { id: first.id, overlap: week });
    const { key: last } = await server.ok(rpc.rotateApiKey, { id: first.id, overlap: week });
    await until(async () => (await reasonOf(server, first.id, first.secret)) === "KEY_EXPIRED");
    expect(await reasonOf(server, first.id, next?.secret ?? "")).toBeUndefined();
    await server.ok(rpc.rotateApiKey, { id: first.id, overlap: {} });
    await until(async () => (await reasonOf(server, first.id, last?.secret ?? "")) === "KEY_EXPIRED");
  });

  it("refuses an overlap below 0 and above 30 days", async () => {
    const { id } = await madeKey(server);
    for (const overlap of [
      { seconds: -1n },
      { nanos: -1 },
      { seconds: 2_592_001n },
      { seconds: 2_592_000n, nanos: 1 },
    ]) {
      expect(await server.refused(rpc.rotateApiKey, { id, overlap })).toMatchObject(
        invalidField("overlap", "OUT_OF_RANGE"),
      );
    }
  });

  it("refuses a key that is revoked or has expired", async () => {
    for (const { id } of [keys.revoked, keys.expired]) {
      expect(await server.refused(rpc.rotateApiKey, { id })).toMatchObject({
        ...{ code: "FAILED_PRECONDITION", reason: "KEY_NOT_IN_FORCE", metadata: { keyId: id } },
      });
    }
  });

  it("changes nothing and shows no secret in a replay", async () => {
    const { id } = await madeKey(server);
    const headers = { "idempotency-key": "rotated-twice" };
    const { key: first } = await server.ok(rpc.rotateApiKey, { id }, { headers });
    const { key: second } = await server.ok(rpc.rotateApiKey, { id }, { headers });
    expect(second).toEqual({ ...first, secret: "" });
    expect(await reasonOf(server, id, first?.secret ?? "")).toBeUndefined();
  });
});

/** Hours for which a secret goes on working, by the database. */
async function lifeOf(secret: string): Promise<number> {
  const { rows } = await server.database.owner.query<{ hours: number }>(
    "SELECT extract(epoch FROM expired_time - now())::float8 / 3600 AS hours FROM api_key_secret WHERE hash = $1",
    [hashSecret(secret)],
  );
  return rows[0]?.hours ?? Number.NaN;
}
