import type { Row } from "../../src/demo/demo-directory.js";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { type Key, Organization_Type } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { newKey } from "../support/made-key.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { reading } from "./texts.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = ApiKeyService.method;
const ofKeyC = { id: "key_c" };

const made = async (server: TestServer) => ({ id: (await server.ok(rpc.createApiKey, newKey())).key?.id ?? "" });

function withoutSecret({ key }: { readonly key?: Key | undefined }): void {
  if (key) key.secret = "";
}

function keyRow(id: string, created: number): Row {
  return { id, name: id, created_time: minute(created), updated_time: minute(created) };
}

function keyOfForeignLocation() {
  const plain = newKey();
  const organizations = [{ type: Organization_Type.BUSINESS, id: foreignId("biz_a1"), companyId: "cmp_a" }];
  const clientRestrictions = { case: "organizationRestrictions" as const, value: { organizations } };
  return { ...plain, restrictions: { ...plain.restrictions, clientRestrictions } };
}

const organizations = "restrictions.organization_restrictions.organizations";

export const apiKeys: readonly RpcEntry[] = [
  entry(rpc.createApiKey, {
    request: newKey(),
    repeat: async () => ({ good: newKey(), other: newKey("B"), bad: { ...newKey(), staffId: "staff_z" } }),
    withoutSecret,
    texts: { reading: ({ key }) => reading(rpc.getApiKey, { id: key?.id ?? "" }) },
    tenancy: {
      idFields: {
        [`${organizations}.id`]: {
          expectation: "REACH_EXCEEDED",
          why: "no key is made that reaches further than its maker",
        },
        [`${organizations}.company_id`]: {
          expectation: "reference",
          why: "a key for a company has no company beside it",
        },
      },
      calls: [{ name: "a location of the neighbour as the tenant's", request: keyOfForeignLocation() }],
    },
  }),
  entry(rpc.getApiKey, {
    request: { id: "key_a" },
    foreignIds: ofKeyC,
    tenancy: { showsNoText: "ids of keys are the same for all: the one asked for is the tenant's" },
  }),
  entry(rpc.listApiKeys, {
    request: { pagination: {} },
    rows: [
      ["api_key", numbers.map((n) => keyRow(rowId(n), placeOf(n)))],
      [
        "api_key_organization",
        numbers.map((n) => ({ key_id: rowId(n), type: 2, organization_id: company, company_id: "" })),
      ],
    ],
    walks: [
      {
        order: "newest first",
        request: {},
        otherRequest: { showRevoked: true },
        // The keys of the suite itself are the oldest.
        ids: [...descending, "key_walker_pairs", "key_walker", "key_neighbour_pairs", "key_neighbour"],
        table: "api_key",
        strangersAreForeign: true,
        stranger: keyRow,
      },
    ],
  }),
  entry(rpc.rotateApiKey, {
    request: made,
    foreignIds: ofKeyC,
    repeat: async (server) => ({ good: await made(server), other: await made(server), bad: { id: "key_revoked" } }),
    withoutSecret,
  }),
  entry(rpc.revokeApiKey, {
    request: made,
    foreignIds: ofKeyC,
    repeat: async (server) => ({ good: await made(server), other: await made(server), bad: { id: "key_z" } }),
  }),
];
