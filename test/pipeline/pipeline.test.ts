import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { requiredViolations } from "../../src/api/parse.js";
import { ListCustomersRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { callRest } from "../transport/clients.js";
import { distantSecret, startWorld } from "../transport/world.js";

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

it("leaves required fields to the handlers, so that all violations are told at once", async () => {
  await using world = await startWorld();
  expect((await callRest(world, "/v1/customers:list", { body: "{}" })).httpStatus).toBe(200);
  const violations = requiredViolations(ListCustomersRequestSchema, create(ListCustomersRequestSchema));
  expect(violations.map(({ field }) => field)).toEqual(["pagination", "company_id"]);
});
