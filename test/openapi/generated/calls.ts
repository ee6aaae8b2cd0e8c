// Runs beside the generated client, where test/openapi/generated-client.test.ts copies it.
import {
  customerServiceCreateCustomer,
  customerServiceGetCustomer,
  customerServiceListCustomers,
  defaults,
  type ErrorReason,
  type Status,
} from "./client.js";

/** What a client program does first: it creates, repeats the request, lists, and reads an error by its reason. */
export async function firstCalls(baseUrl: string, key: string) {
  defaults.baseUrl = baseUrl;
  defaults.headers = { authorization: `Bearer ${key}` };
  const request = {
    companyId: "cmp_a",
    preferredBusinessId: "biz_a1",
    firstName: "Grace",
    lastName: "Hopper",
    phone: "+12125550177",
  };
  const created = await customerServiceCreateCustomer(request, { idempotencyKey: "generated-client" });
  const repeated = await customerServiceCreateCustomer(request, { idempotencyKey: "generated-client" });
  if (created.status !== 200 || repeated.status !== 200) throw new Error("The customer was not created.");
  const page = await customerServiceListCustomers({ companyId: "cmp_a", pagination: { pageSize: 1 } });
  if (page.status !== 200) throw new Error("The customers were not listed.");
  const missing = await customerServiceGetCustomer("cus_unknown");
  if (missing.status !== 404) throw new Error("An unknown customer was found.");
  return {
    isSameCustomer: created.data.id === repeated.data.id,
    name: created.data.firstName,
    listed: page.data.customers.map(({ id }) => id),
    createdId: created.data.id,
    reason: reasonOf(missing.data),
  };
}

function reasonOf({ details }: Status): ErrorReason | undefined {
  for (const detail of details)
    if (detail["@type"] === "type.googleapis.com/google.rpc.ErrorInfo") return detail.reason;
  return undefined;
}
