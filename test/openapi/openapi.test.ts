import { getOption, type JsonObject } from "@bufbuild/protobuf";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, it } from "vitest";
import { http } from "../../src/gen/proto/google/api/annotations_pb.js";
import { ErrorReason } from "../../src/gen/proto/moego/error/v1/error_reason_pb.js";
import { scope } from "../../src/gen/proto/moego/option/v1/option_pb.js";
import { readExamples } from "../../src/openapi/examples.js";
import { services } from "../../src/services.js";
import { currentDocument, objectAt, operationsOf } from "./document.js";
import { schemaCheck } from "./schema-check.js";

const document = currentDocument();
const operations = operationsOf(document);
const methods = services.flatMap((service) =>
  service.methods.map((method) => ({ name: `${service.typeName}/${method.name}`, method })),
);

it("is valid for an independent validator, examples and paths included", async () => {
  const config = await createConfig({
    extends: ["recommended"],
    rules: {
      "no-invalid-media-type-examples": { severity: "error", allowAdditionalProperties: false },
      "no-invalid-parameter-examples": "error",
      "no-identical-paths": "error",
      "path-parameters-defined": "error",
      "operation-4xx-response": "error",
      // Parts of the tables of other routes: `/v1/customers/{id}` and `/v1/customers:query`.
      "no-ambiguous-paths": "off",
      // The address is the one of the document.
      "no-server-example.com": "off",
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  expect(problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`)).toEqual([]);
});

it("has every route of the contract, and no other", () => {
  const routes = methods.flatMap(({ name, method }) => {
    const rule = getOption(method, http);
    return [rule, ...rule.additionalBindings].map(
      ({ pattern }) => `${name} ${pattern.case?.toUpperCase()} ${String(pattern.value).replaceAll(/\{\w+\}/g, "{}")}`,
    );
  });
  expect(
    operations.map(({ rpc, verb, path }) => `${rpc} ${verb} ${path.replaceAll(/\{\w+\}/g, "{}")}`).toSorted(),
  ).toEqual(routes.toSorted());
});

it("has an example of the request and of the response for every RPC, valid by its schemas", () => {
  const { rpcs } = readExamples();
  expect(Object.keys(rpcs).toSorted()).toEqual(methods.map(({ name }) => name).toSorted());
});

it("names the scope and the error reasons of every operation", () => {
  for (const { rpc, content } of operations) {
    const { method } = methods.find(({ name }) => name === rpc) ?? {};
    expect(content["x-scopes"], rpc).toContain(method && getOption(method, scope));
    const reasons = Object.values(objectAt(content, "responses")).flatMap((response) => reasonsOf(objectAt(response)));
    expect(reasons, rpc).toEqual(
      expect.arrayContaining(["KEY_UNKNOWN", "SCOPE_REQUIRED", "INVALID_REQUEST", "INTERNAL"]),
    );
    for (const reason of reasons) expect(Object.keys(ErrorReason), rpc).toContain(reason);
  }
});

it("rejects in requests what it does not describe, and describes what responses have", () => {
  const check = schemaCheck(document);
  const request = { $ref: "#/components/schemas/moego.business.customer.v1.CreateCustomerRequest" };
  const good = {
    companyId: "cmp_001",
    preferredBusinessId: "biz_001",
    firstName: "A",
    lastName: "B",
    phone: "+12125551234",
  };
  expect(check(request, good)).toBeUndefined();
  expect(check(request, { ...good, nick: "x" })).toContain("additional properties");
  expect(check(request, { ...good, firstName: "x".repeat(101) })).toContain("firstName");
  expect(check(request, { ...good, firstName: null })).toContain("firstName");
});

function reasonsOf(response: JsonObject): readonly string[] {
  const ref = response["$ref"];
  if (typeof ref === "string") return reasonsOf(objectAt(document, ...ref.slice("#/".length).split("/")));
  const reasons = response["x-error-reasons"];
  return Array.isArray(reasons) ? reasons.map(String) : [];
}
