import { readFileSync } from "node:fs";
import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { demoData } from "../../src/demo/demo-data.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { decodeJson } from "../../src/server/transport/json-input.js";
import { nameOf } from "../resources/method.js";
import { messageJson } from "../support/message-json.js";
import { jsonTransports, startServer, succeeded } from "../support/server.js";

interface Example {
  readonly method: string;
  readonly request: JsonObject;
  readonly response: { readonly leads: readonly JsonObject[] } | null;
}

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};
const key = { secret: secrets.first };
const server = await startServer({ tables: demoData(secrets).tables });
afterAll(() => server.stop());

const examples: readonly Example[] = JSON.parse(readFileSync(new URL("../examples.json", import.meta.url), "utf8"));
const { createLead, updateLead, listLeads, promoteLead, getLead } = LeadService.method;
const transports = [...jsonTransports, "grpc"] as const;

/** The printed example of an rpc of document 002. */
function printed(method: DescMethodUnary): Example {
  const example = examples.find((one) => one.method === nameOf(method));
  if (!example) throw new Error(`no example of ${nameOf(method)}`);
  return example;
}

/** Sends it as printed; on gRPC the message that the tolerant reader builds of it. */
async function run(method: DescMethodUnary, transport: (typeof transports)[number]): Promise<JsonObject> {
  const { request } = printed(method);
  if (transport !== "grpc") {
    return succeeded(method, await server.callJson(method, request, { transport, key })).message;
  }
  const message = decodeJson(method.input, Buffer.from(JSON.stringify(request)));
  return messageJson(method.output, succeeded(method, await server.call(method, message, { key })).message);
}

const consentOf = (given: unknown) =>
  JSON.parse(JSON.stringify(given), (_, value) => value?.channels ?? value) satisfies unknown;

describe.each(transports)("document 002 on %s", (transport) => {
  it("lists lcus_001 as it prints it", async () => {
    const answer = messageJson(
      listLeads.output,
      await server.ok(listLeads, { companyId: "cmp_001", pagination: {} }, { key }),
    );
    expect(answer).toHaveProperty("leads");
    const { leads } = JSON.parse(JSON.stringify(await run(listLeads, transport)));
    const [expected] = printed(listLeads).response?.leads ?? [];
    const { lastUpdatedTime: _, ...same } = expected ?? {};
    expect(leads.map(({ id }: { id: string }) => id)).toEqual(["lcus_001"]);
    expect(leads[0]).toMatchObject({
      ...same,
      customFields: {
        ...Object(same["customFields"]),
        field_estimated_budget: { money: { currencyCode: "USD", units: "500", nanos: 0 } },
      },
    });
  });

  it("creates the lead that it prints, with pet, custom fields and consent", async () => {
    const answer = await run(createLead, transport);
    const { lead, complianceConfig } = JSON.parse(JSON.stringify(printed(createLead).request));
    const { address, pets, customFields, ...same } = lead;
    const { street: address1, zip: postalCode, ...lines } = address;
    expect(answer).toMatchObject({
      ...same,
      companyId: "cmp_001",
      address: { ...lines, address1, postalCode },
      pets: [pets[0]],
      customFields: {
        ...customFields,
        field_estimated_budget: { money: { currencyCode: "USD", units: "500", nanos: 0 } },
      },
      complianceConfig: consentOf(complianceConfig),
      lifeCycle: { id: "lc_002", isDefault: true },
    });
    const stored = await server.ok(getLead, { id: String(answer["id"]) }, { key });
    const { possibleDuplicates: _, ...without } = answer;
    expect(messageJson(getLead.output, stored)).toEqual(without);
  });

  it("updates lcus_001 as it prints it and keeps the rest", async () => {
    const before = messageJson(getLead.output, await server.ok(getLead, { id: "lcus_001" }, { key }));
    const answer = await run(updateLead, transport);
    const { lead, complianceConfig } = JSON.parse(JSON.stringify(printed(updateLead).request));
    expect(answer).toMatchObject({ ...lead, complianceConfig: consentOf(complianceConfig) });
    for (const member of ["pets", "customFields", "createdTime", "preferredBusinessId"]) {
      expect(answer[member]).toEqual(before[member]);
    }
  });
});

describe("document 002, promotion", () => {
  it("answers the same customer on every transport", async () => {
    const answers: JsonObject[] = [];
    for (const transport of transports) answers.push(await run(promoteLead, transport));
    const [first, ...others] = answers;
    for (const other of others) expect(other).toEqual(first);
    const {
      customer: { possibleDuplicates: _, ...customer },
    } = JSON.parse(JSON.stringify(first));
    expect(customer).toMatchObject({ sourceLeadId: "lcus_001", phone: "+12125551234", companyId: "cmp_001" });
    const stored = await server.ok(CustomerService.method.getCustomer, { id: customer.id }, { key });
    expect(messageJson(CustomerService.method.getCustomer.output, stored)).toEqual(customer);
    expect(await server.refused(getLead, { id: "lcus_001" }, { key })).toMatchObject({
      code: "NOT_FOUND",
      reason: "LEAD_PROMOTED",
      metadata: { customerId: customer.id },
    });
  });
});
