import { type DescMethodUnary, getOption, type JsonObject, toJson } from "@bufbuild/protobuf";
import { afterAll, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { scope } from "../../src/gen/proto/moego/option/v1/option_pb.js";
import { type Example, type Examples, examplesFile, readExamples } from "../../src/openapi/examples.js";
import { currentDocument, objectAt, operationsOf } from "../openapi/document.js";
import { schemaCheck } from "../openapi/schema-check.js";
import { rpcEntries } from "../resources/all-entries.js";
import { nameOf } from "../resources/method.js";
import { authorizationOf, type FixtureKey, keys } from "../support/fixture-keys.js";
import { startServer, succeeded } from "../support/server.js";
import { hasShapeOf } from "./example-shape.js";
import { shown } from "./shown-example.js";

const server = await startServer();
afterAll(() => server.stop());

const none: Examples = { rpcs: {}, errors: {} };
const document = currentDocument(none);
const check = schemaCheck(document);

/** The schemas of the request bodies and of the responses in JSON, by rpc. Of several routes, those of the first. */
const schemas = new Map(
  operationsOf(document)
    .toReversed()
    .map(({ rpc, content }) => {
      const answer = objectAt(content, "responses", "200", "content");
      const type = Object.keys(answer)[0] ?? "";
      const body = content["requestBody"] === undefined ? undefined : content;
      return [
        rpc,
        {
          request: body && objectAt(body, "requestBody", "content", "application/json", "schema"),
          response: objectAt(answer, type, "schema"),
        },
      ] as const;
    }),
);

it("src/openapi/examples.json has what the server accepts and returns for every RPC (npm run docs writes it)", async () => {
  const committed = readExamples();
  const rpcs: Record<string, Example> = {};
  const faults: string[] = [];
  for (const { method, request } of rpcEntries) {
    const name = nameOf(method);
    const sent = toJson(method.input, await request(server));
    const { message } = succeeded(method, await server.callJson(method, objectAt(sent), { key: keyFor(method) }));
    const live = { request: objectAt(sent), response: message };
    faults.push(...faultsOf(name, live).map((fault) => `${name}: ${fault}`));
    rpcs[name] = kept(name, live, committed.rpcs[name]);
  }
  const exported = await exportExample();
  rpcs[exported.name] = kept(exported.name, exported, committed.rpcs[exported.name]);
  expect(faults).toEqual([]);

  const errors = await errorExamples();
  const keptErrors = Object.entries(errors).map(([reason, live]) => {
    const old = committed.errors[reason];
    return [reason, old && hasShapeOf(old, live) ? old : shown(live)] as const;
  });
  const file: Examples = { rpcs, errors: Object.fromEntries(keptErrors) };
  await expect(`${JSON.stringify(file, undefined, 1)}\n`).toMatchFileSnapshot(examplesFile);
}, 120_000);

/** The committed example as long as it has the members of what is sent and returned now; ids and times always differ. */
function kept(name: string, live: Example, committed: Example | undefined): Example {
  const isCurrent =
    committed !== undefined && hasShapeOf(committed.request, live.request) && faultsOf(name, committed).length === 0;
  return isCurrent ? committed : { request: shown(live.request), response: shown(live.response) };
}

function faultsOf(rpc: string, { request, response }: Example): readonly string[] {
  const found = schemas.get(rpc);
  if (!found) return ["the document has no operation"];
  const inBody = found.request && bodyOf(found.request, request);
  const problems = [
    ...(found.request && inBody ? [["request", check(found.request, inBody)] as const] : []),
    ["response", check(found.response, response)] as const,
  ];
  return problems.flatMap(([place, problem]) => (problem === undefined ? [] : [`${place}: ${problem}`]));
}

/** What the path has is not in the body. */
function bodyOf(schema: JsonObject, request: JsonObject): JsonObject {
  const name = String(schema["$ref"]).replace("#/components/schemas/", "");
  const { properties } = objectAt(document, "components", "schemas", name);
  const isLeft = (member: string) => !name.endsWith("Body") || Object.hasOwn(objectAt(properties), member);
  return Object.fromEntries(Object.entries(request).filter(([member]) => isLeft(member)));
}

function keyFor(method: DescMethodUnary): FixtureKey {
  return getOption(method, scope) === "platform:admin" ? keys.platform : keys.a;
}

async function exportExample() {
  const request = { companyId: "cmp_a", tables: ["customer_tag"] };
  const response = await fetch(`${server.app.httpUrl}/v1/admin/companies/${request.companyId}:export`, {
    method: "POST",
    headers: { authorization: authorizationOf(keys.a), "content-type": "application/json" },
    body: JSON.stringify({ tables: request.tables }),
  });
  const [line = ""] = (await response.text()).split("\n");
  return { name: "moego.admin.v1.ExportService/ExportCompany", request, response: JSON.parse(line) };
}

/** An error of each kind that a newcomer meets. */
async function errorExamples(): Promise<Record<string, JsonObject>> {
  const { getCustomer, createCustomer } = CustomerService.method;
  const body = { companyId: "cmp_a", preferredBusinessId: "biz_a1", firstName: "John", phone: "12" };
  const refusals = [
    await server.callJson(getCustomer, { id: "cus_a1" }, { key: null }),
    await server.callJson(getCustomer, { id: "cus_unknown" }),
    await server.callJson(createCustomer, body),
    await server.callJson(createCustomer, body, { key: keys.aReadOnly }),
  ];
  const errors = refusals.map((refusal) => {
    if (refusal.ok) throw new Error("The request was not refused.");
    return [refusal.reason, JSON.parse(refusal.wire)] as const;
  });
  expect(errors.map(([reason]) => reason)).toEqual([
    ...["KEY_MISSING", "RESOURCE_NOT_FOUND", "INVALID_REQUEST", "SCOPE_REQUIRED"],
  ]);
  const schema = { $ref: "#/components/schemas/google.rpc.Status" };
  for (const [reason, error] of errors) expect(check(schema, error), reason).toBeUndefined();
  return Object.fromEntries(errors);
}
