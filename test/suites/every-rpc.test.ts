import { create, type DescMethodUnary, type Message } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { type Scope, scopes } from "../../src/core/principal.js";
import { importsRecords, scopesOf } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";
import { rpcEntries } from "../resources/all-entries.js";
import { allRpcs } from "../resources/all-rpcs.js";
import { hasField, nameOf, requiredFieldsOf, without, withTexts } from "../resources/method.js";
import { fieldsOf, type Headers, type Refusal } from "../support/answer.js";
import { type FixtureKey, fixtureKey, keys } from "../support/fixture-keys.js";
import { pathFieldsOf } from "../support/rest-request.js";
import { refused, startServer, succeeded } from "../support/server.js";

/** What the service logs of the calls of one rpc on one transport. */
const lines: string[] = [];
const log = { write: (line: string) => void lines.push(line) };
const server = await startServer({ environment: { LOG_LEVEL: "info" }, log });
afterAll(() => server.stop());

/** Keys of company A with a single scope, good from here alone, and keys with all scopes but one. */
const onlyKeys = new Map(scopes.map((scope) => [scope, nearbyKey(`only-${scope}`, [scope])]));
const lackingKeys = new Map(
  scopes.map((scope) => [
    scope,
    keyWith(
      `no-${scope}`,
      scopes.filter((one) => one !== scope),
    ),
  ]),
);
/** Imports need a second scope. */
const importingKeys = new Map(
  scopes.map((scope) => [scope, nearbyKey(`import-${scope}`, [...new Set([scope, "record:import" as const])])]),
);
await server.insertKeys([...onlyKeys.values(), ...importingKeys.values(), ...lackingKeys.values()]);

/** One piece of code judges ids, so one of these is tried with each; all of them where a path holds it. */
const noIds = ["a".repeat(31), "a b", "café", "a'--"];

const scopeOf = scopesOf(services);
const byName = new Map(rpcEntries.map((entry) => [nameOf(entry.method), entry]));

/**
 * Two stacks serve all rpcs: ours for gRPC and REST, connect-node for the others, which take turns since it knows no single
 * rpc. test/transport/every-transport.test.ts has every transport.
 */
const turns = ["grpc-web", "connect-json", "connect-binary"] as const;
const cases = allRpcs.map((method, index) => {
  const turn = turns[index % turns.length] ?? "grpc-web";
  return [nameOf(method), method, ["grpc", "rest", turn] as const, index] as const;
});

describe.each(cases)("%s", (name, method, transports, index) => {
  const request = (): Promise<Message> => byName.get(name)?.request(server) ?? Promise.resolve(withPathFilled(method));
  // One for all refusals, since none of them uses up what it names.
  let made: Promise<Message> | undefined;
  const refusable = () => {
    made ??= request();
    return made;
  };
  const scope = scopeOf.get(method);
  if (!scope) throw new Error(`${name} has no scope`);
  // What concerns the installation is open to platform keys alone.
  const able = scope === "platform:admin" ? keys.platform : keys.a;

  describe.each(transports)("on %s", (transport) => {
    /**
     * What is judged before any rpc runs, or in a message that has been read, is tried with each rpc on one transport and
     * on each transport with a third of the rpcs: one pipeline serves every transport, which only reads its message and
     * writes its answer, and the same code writes the answers of all rpcs. `turn` lets the tests of one rpc fall on
     * different transports. What only an rpc does, its success, is tried on all. Three rpcs in a row have the same turn,
     * each with another one of connect-node's transports.
     */
    const itInTurn = (turn: number, among: readonly string[] = transports) =>
      among[(Math.floor(index / turns.length) + turn) % among.length] === transport ? it : undefined;

    itInTurn(2)?.("refuses a call without a key", async () => {
      expectRefusal(await refusal(await refusable(), { key: null }), "UNAUTHENTICATED", "KEY_MISSING");
    });

    itInTurn(0)?.("refuses a key that nobody was given", async () => {
      const key = { secret: "garbage-that-is-as-long-as-a-secret-of-ours" };
      expectRefusal(await refusal(await refusable(), { key }), "UNAUTHENTICATED", "KEY_UNKNOWN");
    });

    itInTurn(1)?.("refuses an expired key and a revoked one, and tells which it was", async () => {
      const expired = await refusal(await refusable(), { key: keys.expired });
      expectRefusal(expired, "UNAUTHENTICATED", "KEY_EXPIRED", { keyId: keys.expired.id });
      const revoked = await refusal(await refusable(), { key: keys.revoked });
      expectRefusal(revoked, "UNAUTHENTICATED", "KEY_REVOKED", { keyId: keys.revoked.id });
    });

    itInTurn(0)?.(`refuses a key with every scope but ${scope}, and names it`, async () => {
      const lacking = await refusal(await refusable(), { key: known(lackingKeys, scope) });
      expectRefusal(lacking, "PERMISSION_DENIED", "SCOPE_REQUIRED", { scope });
    });

    itInTurn(2)?.("refuses a key that is used from an address it does not allow", async () => {
      expectRefusal(await refusal(await refusable(), { key: keys.distant }), "PERMISSION_DENIED", "IP_NOT_ALLOWED");
    });

    if (importsRecords(method)) {
      itInTurn(1)?.("refuses a key with its scope but without record:import, and names that", async () => {
        const lacking = await refusal(await refusable(), { key: known(onlyKeys, scope) });
        expectRefusal(lacking, "PERMISSION_DENIED", "SCOPE_REQUIRED", { scope: "record:import" });
      });
    }

    it(`answers a key with the scope ${scope} alone, used from an address it allows`, async () => {
      succeeded(
        method,
        await server.call(method, await request(), {
          transport,
          key: known(importsRecords(method) ? importingKeys : onlyKeys, scope),
        }),
      );
    });

    if (hasField(method.input, "company_id")) {
      itInTurn(1)?.("refuses a company outside the key, in the words for one that never existed", async () => {
        const [foreign, absent] = await twins(["company_id"], ["cmp_c"], ["cmp_z"]);
        expectRefusal(foreign, "PERMISSION_DENIED", "COMPANY_NOT_ALLOWED", { companyId: "cmp_c" });
        expect(sameWire(foreign, "cmp_c")).toEqual(sameWire(absent, "cmp_z"));
      });
    }

    for (const [place, [field, foreignId]] of Object.entries(byName.get(name)?.foreignIds ?? {}).entries()) {
      itInTurn(place)?.(`answers a ${field} of another tenant byte for byte like one that never existed`, async () => {
        const absentId = "x".repeat(foreignId.length);
        const [foreign, absent] = await twins([field], [foreignId], [absentId]);
        expectRefusal(foreign, "NOT_FOUND", "RESOURCE_NOT_FOUND", { id: foreignId });
        expect(foreign.wire).toContain(foreignId);
        expect(sameWire(foreign, foreignId)).toEqual(sameWire(absent, absentId));
      });

      itInTurn(1)?.(`does not find a ${field} that is the id of something else`, async () => {
        const id = foreignId.startsWith("ref_") ? "tag_a1" : "ref_a1";
        const other = withTexts(method.input, await refusable(), { [field]: id });
        expectRefusal(await refusal(other), "NOT_FOUND", "RESOURCE_NOT_FOUND", { id });
      });

      // A path holds it escaped.
      const inPath = transport === "rest" && pathFieldsOf(method).includes(field);
      (inPath ? it : itInTurn(2))?.(`refuses a ${field} that can be no id`, async () => {
        for (const text of inPath ? noIds : [noIds[(index + place) % noIds.length] ?? ""]) {
          const bad = await refusal(withTexts(method.input, await refusable(), { [field]: text }));
          expectRefusal(bad, "INVALID_ARGUMENT", "INVALID_REQUEST");
          expect(bad.violations).toEqual([{ field, reason: "INVALID_FORMAT" }]);
        }
      });
    }

    // A REST route has no path without its variables.
    const required = requiredFieldsOf(method.input).filter((field) => field !== "pagination");
    const isOmissible = (field: string, on: string) => on !== "rest" || !pathFieldsOf(method).includes(field);
    const omissible = required.filter((field) => isOmissible(field, transport));
    for (const [place, field] of required.entries()) {
      const among = transports.filter((on) => isOmissible(field, on));
      itInTurn(place, among)?.(`refuses a request without ${field}`, async () => {
        const bad = await refusal(without(method.input, await refusable(), [field]));
        expectRefusal(bad, "INVALID_ARGUMENT", "INVALID_REQUEST");
        expect(bad.violations).toEqual([{ field, reason: "REQUIRED" }]);
      });
    }

    if (omissible.length > 1) {
      itInTurn(0)?.("names all missing fields at once", async () => {
        const bad = await refusal(without(method.input, await refusable(), omissible));
        expect(fieldsOf(bad)).toEqual(omissible.toSorted());
        expect(bad.metadata["violationCount"]).toBe(String(omissible.length));
      });
    }

    it("logs no secret of the calls above", () => {
      const written = lines.splice(0).join("");
      expect(written).toContain(name);
      expect(secretsOfCalls.exec(written)).toBe(null);
    });

    /** The answers to two requests that differ in some ids alone. */
    async function twins(
      fields: readonly string[],
      ids: readonly string[],
      otherIds: readonly string[],
    ): Promise<[Refusal, Refusal]> {
      const good = await refusable();
      const withIds = (given: readonly string[]) =>
        withTexts(method.input, good, Object.fromEntries(fields.map((field, index) => [field, given[index] ?? ""])));
      return [await refusal(withIds(ids)), await refusal(withIds(otherIds))];
    }

    async function refusal(
      message: Message,
      options: { readonly key?: Pick<FixtureKey, "secret"> | null } = {},
    ): Promise<Refusal> {
      const headers = { "x-request-id": requestId };
      return refused(method, await server.call(method, message, { key: able, ...options, transport, headers }));
    }
  });
});

const requestId = "request-of-the-suite";

/** What all secrets here begin with, as they are and in the form in which they are sent. */
const beginnings = ["secret-of-", "garbage-that-"];
const secretsOfCalls = new RegExp(
  beginnings.flatMap((text) => [text, Buffer.from(text.slice(0, 9)).toString("base64")]).join("|"),
);

/** Code, reason, domain, request id in body and header, and the metadata given. */
function expectRefusal(refusal: Refusal, code: string, reason: string, metadata: Record<string, string> = {}): void {
  expect(refusal).toMatchObject({ code, reason, domain: "moego.api" });
  expect(refusal.metadata).toMatchObject({ ...metadata, requestId });
  expect(refusal.headers["x-request-id"]).toBe(requestId);
  expect(refusal.detailTypes.filter((type) => type === "google.rpc.ErrorInfo")).toHaveLength(1);
}

/** What came over the wire, with the id that the caller itself sent made the same. */
function sameWire({ wire, headers }: Refusal, id: string): { wire: string; headers: Headers } {
  const compared = Object.entries(headers).filter(([name]) => name !== "date" && name !== "grpc-status-details-bin");
  return {
    wire: wire.replaceAll(id, "?"),
    headers: Object.fromEntries(compared.map(([name, value]) => [name, value.replaceAll(id, "?")])),
  };
}

/** A request that fits the REST route of its rpc and says nothing else. */
function withPathFilled(method: DescMethodUnary): Message {
  const texts = Object.fromEntries(pathFieldsOf(method).map((field) => [field, "anything"]));
  return withTexts(method.input, create(method.input), texts);
}

function keyWith(id: string, granted: readonly Scope[], more: Partial<FixtureKey> = {}): FixtureKey {
  return fixtureKey(id.replace(":", "-"), [{ type: "COMPANY", id: "cmp_a" }], { scopes: granted, ...more });
}

function nearbyKey(id: string, granted: readonly Scope[]): FixtureKey {
  return keyWith(id, granted, { allowedAddresses: keys.nearby.allowedAddresses ?? [] });
}

function known(from: ReadonlyMap<Scope, FixtureKey>, scope: Scope): FixtureKey {
  const key = from.get(scope);
  if (!key) throw new Error(`no key for ${scope}`);
  return key;
}
