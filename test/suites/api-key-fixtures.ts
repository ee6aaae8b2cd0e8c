import type { Message } from "@bufbuild/protobuf";
import type { Row, Tables } from "../../src/demo/demo-rows.js";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { type Key, Organization_Type } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import type { Answer } from "../support/answer.js";
import type { TestServer } from "../support/server.js";
import { company, descending, type ListFixture, list, minute, numbers, placeOf, rowId } from "./list-fixture.js";
import type { Repeatable } from "./repeatable.js";
import { nameOf, type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const rpc = ApiKeyService.method;
const ofKeyC = { id: "key_c" };

/** A key that every key of company A with `key:admin` may make, from wherever the tests run. */
export function newKey(name = "Made by a test") {
  return {
    name,
    restrictions: {
      scopes: ["key:admin"],
      allowedIpRanges: ["127.0.0.1"],
      clientRestrictions: {
        case: "organizationRestrictions" as const,
        value: { organizations: [{ id: "cmp_a", type: Organization_Type.COMPANY }] },
      },
    },
  };
}

const made = async (server: TestServer) => ({ id: (await server.ok(rpc.createApiKey, newKey())).key?.id ?? "" });

export const apiKeyRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(rpc.createApiKey, { request: newKey() }),
  rpcFixture(rpc.getApiKey, { request: { id: "key_a" }, foreignIds: ofKeyC }),
  rpcFixture(rpc.listApiKeys, { request: { pagination: {} } }),
  rpcFixture(rpc.rotateApiKey, { request: made, foreignIds: ofKeyC }),
  rpcFixture(rpc.revokeApiKey, { request: made, foreignIds: ofKeyC }),
];

export const apiKeyListTables: Tables = [
  ["api_key", numbers.map((n) => keyRow(rowId(n), placeOf(n)))],
  [
    "api_key_organization",
    numbers.map((n) => ({ key_id: rowId(n), type: 2, organization_id: company, company_id: "" })),
  ],
];

export const apiKeyListFixtures: readonly ListFixture[] = [
  list(rpc.listApiKeys, "newest first", {
    request: {},
    otherRequest: { showRevoked: true },
    // The keys of the suite itself are the oldest.
    ids: [...descending, "key_walker", "key_neighbour"],
    table: "api_key",
    strangersAreForeign: true,
    stranger: (id, place) => keyRow(id, place),
  }),
];

/** The rpcs of ApiKeyService that write. Their answers are compared without the secret, which is shown once. */
export const apiKeyRepeatables: readonly Repeatable[] = [
  {
    name: nameOf(rpc.createApiKey),
    prepare: async (server) => ({
      send: async ({ variant, ...options }) =>
        withoutSecret(await server.call(rpc.createApiKey, newKey(variant), options)),
      refuse: (options) => server.call(rpc.createApiKey, { ...newKey(), staffId: "staff_z" }, options),
    }),
  },
  {
    name: nameOf(rpc.rotateApiKey),
    async prepare(server) {
      const [one, other] = [await made(server), await made(server)];
      return {
        send: async ({ variant, ...options }) =>
          withoutSecret(await server.call(rpc.rotateApiKey, variant ? other : one, options)),
        refuse: (options) => server.call(rpc.rotateApiKey, { id: "key_revoked" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.revokeApiKey),
    async prepare(server) {
      const [one, other] = [await made(server), await made(server)];
      return {
        send: ({ variant, ...options }) => server.call(rpc.revokeApiKey, variant ? other : one, options),
        refuse: (options) => server.call(rpc.revokeApiKey, { id: "key_z" }, options),
      };
    },
  },
];

function withoutSecret<M extends Message & { key?: Key | undefined }>(answer: Answer<M>): Answer<M> {
  if (answer.ok && answer.message.key) answer.message.key.secret = "";
  return answer;
}

function keyRow(id: string, created: number): Row {
  return { id, name: id, created_time: minute(created), updated_time: minute(created) };
}
