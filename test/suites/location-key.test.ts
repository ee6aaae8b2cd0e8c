import { afterAll, describe, expect, it } from "vitest";
import { scopesOf } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";
import { rpcEntries } from "../resources/all-entries.js";
import { nameOf } from "../resources/method.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const scopeOf = scopesOf(services);
const shared = new Set(["setting:write", "directory:write", "callcenter:write"]);

/** CallerService writes the profile of one customer, which its location may. */
const ofOneCustomer = "moego.callcenter.v1.CallerService/";

const writing = rpcEntries.flatMap(({ method, request }) => {
  const scope = scopeOf.get(method);
  const name = nameOf(method);
  return scope && shared.has(scope) && !name.startsWith(ofOneCustomer)
    ? [[name, { method, request, scope }] as const]
    : [];
});

describe("a key that is limited to a location", () => {
  it.each(writing)("is refused by %s, and told the scope that it demands", async (_, { method, request, scope }) => {
    expect(await server.call(method, await request(server), { key: keys.businessA1 })).toMatchObject({
      ...{ ok: false, code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED" },
      metadata: { scope },
    });
  });
});
