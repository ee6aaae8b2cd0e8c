import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { requiredViolations } from "../../src/api/parse.js";
import { clientNetwork, recordedAddress } from "../../src/core/client-address.js";
import { ListCustomersRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { callRest } from "../transport/clients.js";
import { distantSecret, scopelessSecret, startWorld } from "../transport/world.js";

const distant = { authorization: `Bearer ${distantSecret}`, headers: { "x-forwarded-for": "203.0.113.7" } };

it("believes x-forwarded-for from a trusted proxy", async () => {
  await using world = await startWorld({ trustedProxies: ["127.0.0.0/8"] });
  expect((await callRest(world, "/v1/customers/cus_1", distant)).httpStatus).toBe(200);
});

it("believes no one else's", async () => {
  await using world = await startWorld({ trustedProxies: ["10.0.0.0/8"] });
  const { refusal } = await callRest(world, "/v1/customers/cus_1", distant);
  expect(refusal).toMatchObject({ reason: "IP_NOT_ALLOWED", metadata: { address: "127.0.0.1" } });
});

it("logs failed authentication with the client's whole address, other requests with its network, and counts it", async () => {
  await using world = await startWorld({ trustedProxies: ["127.0.0.0/8"], addressDetail: "truncated" });
  const headers = { "x-forwarded-for": "203.0.113.7" };
  await callRest(world, "/v1/customers/cus_1", { headers });
  await callRest(world, "/v1/customers/cus_1", { authorization: "Bearer moego_wrong", headers });
  await callRest(world, "/v1/customers/cus_1", { authorization: `Bearer ${distantSecret}`, headers: {} });
  await callRest(world, "/v1/nothing", { headers });
  expect(world.logs.map(({ reason, clientAddress }) => [reason, clientAddress])).toEqual([
    [undefined, "203.0.113.0"],
    ["KEY_UNKNOWN", "203.0.113.7"],
    ["IP_NOT_ALLOWED", "127.0.0.1"],
    ["ROUTE_NOT_FOUND", "203.0.113.0"],
  ]);
  expect(world.failedAuthentications).toEqual(["KEY_UNKNOWN", "IP_NOT_ALLOWED"]);
});

it("logs the company and the records of a request, but no id that a client may have chosen", async () => {
  await using world = await startWorld();
  const generated = "cus_0123456789abcdefghijkl";
  for (const id of ["cus_1", "absent", generated]) {
    await callRest(world, `/v1/customers/${id}`, { headers: { "moego-company": "cmp_001" } });
  }
  const scope = { authorization: `Bearer ${scopelessSecret}`, headers: { "moego-company": "cmp_001" } };
  await callRest(world, `/v1/customers/${generated}`, scope);
  expect(world.logs.map(({ companyId, resourceIds }) => [companyId, resourceIds])).toEqual([
    ["cmp_001", undefined],
    ["cmp_001", undefined],
    ["cmp_001", [generated]],
    [undefined, undefined],
  ]);
});

it.each([
  ["full", "203.0.113.7", "203.0.113.7"],
  ["off", "203.0.113.7", undefined],
  ["truncated", "203.0.113.7", "203.0.113.0"],
  ["truncated", "2001:db8:1234:5678::9", "2001:db8:1234::"],
  ["truncated", "::1", "::"],
  ["truncated", "unknown", ""],
] as const)("records the address by the setting %s: %s", (detail, address, expected) => {
  expect(recordedAddress(address, detail)).toBe(expected);
});

it("takes a /64 of IPv6 for one client", () => {
  expect(clientNetwork("2001:db8:1:2:3::4")).toBe("2001:db8:1:2::");
  expect(clientNetwork("2001:db8::192.0.2.1")).toBe("2001:db8::");
  expect(clientNetwork("203.0.113.7")).toBe("203.0.113.7");
});

it("leaves required fields to the handlers, so that all violations are told at once", async () => {
  await using world = await startWorld();
  expect((await callRest(world, "/v1/customers:list", { body: "{}" })).httpStatus).toBe(200);
  const violations = requiredViolations(ListCustomersRequestSchema, create(ListCustomersRequestSchema));
  expect(violations.map(({ field }) => field)).toEqual(["company_id"]);
});
