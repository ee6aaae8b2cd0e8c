import { afterAll, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const lines: string[] = [];
const server = await startServer({
  environment: { LOG_LEVEL: "info" },
  log: { write: (line) => lines.push(line) },
});
afterAll(() => server.stop());

const { createCustomer, updateCustomer } = CustomerService.method;

function lastRequest(): unknown {
  const requests = lines.flatMap((line) => (line.includes('"msg":"request"') ? [JSON.parse(line)] : []));
  return requests.at(-1);
}

it("says why a request was refused: its reason, and each field with the reason of its violation", async () => {
  await server.refused(createCustomer, { companyId: "cmp_a", firstName: "John", phone: "12" });
  expect(lastRequest()).toMatchObject({
    ...{ rpc: "moego.business.customer.v1.CustomerService/CreateCustomer", reason: "INVALID_REQUEST" },
    violations: ["preferred_business_id REQUIRED", "last_name REQUIRED", "phone INVALID_FORMAT"],
  });
  await server.ok(CustomerService.method.getCustomer, { id: "cus_a1" });
  expect(lastRequest()).not.toHaveProperty("violations");
});

it("has no text of the request: neither values, nor keys of maps, nor names of unknown members", async () => {
  const [first, last] = ["Annabella", "Leestone"];
  const secret = `${first}.${last}`;
  const custom = { [secret]: { shortText: secret } };
  const customer = { companyId: "cmp_a", id: "cus_a1", customFields: custom, updateMask: secret };
  await server.callJson(updateCustomer, { ...customer, [secret]: secret, address: { [secret]: 1 } });
  await server.callJson(updateCustomer, { companyId: "cmp_a", id: "cus_a1", customFields: { [secret]: secret } });
  await server.callJson(updateCustomer, { companyId: "cmp_a", id: "cus_a1", [`${first}["${last}`]: 1 });
  const get = (query: string) =>
    fetch(`${server.app.httpUrl}/v1/customers/cus_a1?${query}`, {
      headers: { authorization: authorizationOf(keys.a) },
    });
  await get(`${secret}=%`);
  await get(`%${first}=${last}`);
  await fetch(`${server.app.httpUrl}/v1/customers/${secret}/${secret}?${secret}=1`);
  const told = lines.join("");
  expect(told).toContain('"violations"');
  expect(told).toContain('custom_fields[\\"*\\"]');
  expect([first, last].filter((part) => told.includes(part))).toEqual([]);
});

it("lists 20 violations at most", async () => {
  await server.refused(createCustomer, { companyId: "cmp_a", tags: Array.from({ length: 45 }, () => ({})) });
  expect(lastRequest()).toMatchObject({ violations: { length: 20 } });
});
