import { readFileSync } from "node:fs";
import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { firstOwnNumber } from "../../src/core/enumeration.js";
import { demoData } from "../../src/demo/demo-data.js";
import {
  PackageDetail_PackageServiceSchema,
  PackageSchema,
} from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { decodeJson } from "../../src/server/transport/json-input.js";
import { nameOf } from "../resources/method.js";
import { messageJson } from "../support/message-json.js";
import { jsonTransports, startServer, succeeded } from "../support/server.js";

interface Example {
  readonly method: string;
  readonly request: JsonObject;
  readonly response: JsonObject;
}

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};
const key = { secret: secrets.first };
const server = await startServer({ tables: demoData(secrets).tables });
afterAll(() => server.stop());

const { listPackages, listPackageDetails } = PackageService.method;
const examples: readonly Example[] = JSON.parse(readFileSync(new URL("../examples.json", import.meta.url), "utf8"));

const printed: readonly DescMethodUnary[] = [listPackages, listPackageDetails];

describe.each(printed.map((method) => [method.name, method] as const))("the printed example of %s", (_, method) => {
  const example = examples.find((one) => one.method === nameOf(method));
  if (!example) throw new Error(`no example of ${nameOf(method)}`);

  it.each(jsonTransports)("is answered on %s as document 003 prints it", async (transport) => {
    const answer = await server.callJson(method, example.request, { transport, key });
    expect(published(succeeded(method, answer).message)).toEqual(canonical(example.response));
  });

  it("is answered on gRPC as document 003 prints it", async () => {
    const message = decodeJson(method.input, Buffer.from(JSON.stringify(example.request)));
    const answer = succeeded(method, await server.call(method, message, { key })).message;
    expect(published(messageJson(method.output, answer))).toEqual(canonical(example.response));
  });
});

describe("the demo data", () => {
  it("shows nobody the packages of the neighbour", async () => {
    const request = { companyId: "cmp_002", customerIds: ["cus_001"], pagination: {} };
    const { packages } = await server.ok(listPackages, request, { key: { secret: secrets.second } });
    expect(packages.map(({ packageName }) => packageName)).toEqual(["Five Nights"]);
  });
});

const ownMembers = [PackageSchema, PackageDetail_PackageServiceSchema].flatMap(({ fields }) =>
  fields.filter(({ number }) => number >= firstOwnNumber).map(({ jsonName }) => jsonName),
);

/** Without what this server adds. */
function published(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (name, value) => (ownMembers.includes(name) ? undefined : value));
}

/** What is printed, with the two documented differences: dates are objects, an int64 is a string. */
function canonical(response: JsonObject): unknown {
  return JSON.parse(JSON.stringify(response), (name, value) => {
    if (name === "units") return String(value);
    if (name !== "expirationDate") return value;
    const [year, month, day] = String(value).split("-").map(Number);
    return { year, month, day };
  });
}
