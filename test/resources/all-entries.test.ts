import type { DescMethodUnary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { forwardsIdempotencyKey, isReadOnly } from "../../src/server/pipeline/contract.js";
import { idFieldsOf } from "../reliability/tenancy/id-fields.js";
import { textFieldsOf } from "../reliability/text-fields.js";
import { pathFieldsOf } from "../support/rest-request.js";
import { rpcEntries } from "./all-entries.js";
import { allRpcs } from "./all-rpcs.js";
import type { RpcEntry } from "./entry.js";
import { coverageFaults, hasField, nameOf, requiredFieldsOf } from "./method.js";

const methodsOf = (entries: readonly RpcEntry[]) => entries.map(({ method }) => method);

describe("the entries", () => {
  it("name every rpc, each once", () => {
    expect(coverageFaults(allRpcs, methodsOf(rpcEntries))).toEqual([]);
  });

  it("are missed when an rpc has none, and complained about when they name none or one twice", () => {
    const covered = methodsOf(rpcEntries);
    const [first, second] = covered.map(nameOf);
    const without = allRpcs.filter((method) => nameOf(method) !== first);
    expect(coverageFaults(allRpcs, covered.slice(1))).toEqual([`${first} has no entry`]);
    expect(coverageFaults(without, covered)).toEqual([`${first} is not in the contract`]);
    expect(coverageFaults(allRpcs, [...covered, ...covered.slice(1, 2)])).toEqual([`${second} has two entries`]);
  });

  it("name a foreign id for every path variable but the company", () => {
    const unnamed = rpcEntries.flatMap(({ method, foreignIds }) =>
      pathFieldsOf(method)
        .filter((field) => field !== "company_id" && !(field in foreignIds))
        .map((field) => `${nameOf(method)} ${field}`),
    );
    expect(unnamed).toEqual([]);
  });
});

/** The suites of a trait check the RPCs that have it: none may lack it. */
const traits = [
  {
    trait: "repeat",
    needs: "writes and keeps its idempotency key",
    isNeeded: (method: DescMethodUnary) => !isReadOnly(method) && !forwardsIdempotencyKey(method),
    has: ({ repeat }: RpcEntry) => repeat !== undefined,
  },
  {
    trait: "mask",
    needs: "has an update mask",
    isNeeded: ({ input }: DescMethodUnary) => hasField(input, "update_mask"),
    has: ({ mask }: RpcEntry) => mask !== undefined,
  },
  {
    trait: "reading of its texts",
    needs: "writes texts",
    isNeeded: (method: DescMethodUnary) => !isReadOnly(method) && textFieldsOf(method.input).length > 0,
    has: ({ texts }: RpcEntry) => texts !== undefined,
  },
  {
    trait: "walk",
    // A settings list is short and has its own order of pages (test/rpc/setting-lists.test.ts).
    needs: "is a list in pages only",
    isNeeded: ({ input }: DescMethodUnary) => requiredFieldsOf(input).includes("pagination"),
    has: ({ walks }: RpcEntry) => walks.length > 0,
  },
];

describe.each(traits.map((trait) => [trait.needs, trait] as const))(
  "every rpc that %s",
  (_, { trait, isNeeded, has }) => {
    const needed = allRpcs.filter(isNeeded);

    it(`has a ${trait} in its entry, and no other rpc has one`, () => {
      const covered = methodsOf(rpcEntries.filter(has));
      expect(coverageFaults(needed, covered)).toEqual([]);
      expect(coverageFaults(needed, covered.slice(1))).toHaveLength(1);
    });
  },
);

it("name only fields that their request has, where the tenancy suites make an exception", () => {
  const absent = rpcEntries.flatMap(({ method, tenancy }) => {
    const known = idFieldsOf(method).map(({ path }) => path);
    const named = [
      ...Object.keys(tenancy?.idFields ?? {}),
      ...(tenancy?.calls ?? []).flatMap(({ ids = {} }) => Object.keys(ids)),
    ];
    return named.filter((path) => !known.includes(path)).map((path) => `${nameOf(method)} ${path}`);
  });
  expect(absent).toEqual([]);
});

it("only calls of external systems forward their idempotency key", () => {
  const forwarding = allRpcs.filter(forwardsIdempotencyKey).map(({ name }) => name);
  expect(forwarding).toEqual(["TestExternalApi", "InvokeExternalApi", "RunFlow"]);
});
