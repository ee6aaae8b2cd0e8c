import { readdirSync, readFileSync } from "node:fs";
import { create, createFileRegistry, type DescService, setExtension } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { scope } from "../../src/gen/proto/moego/option/v1/option_pb.js";
import { isReadOnly, rpcNameOf, scopesOf } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";

function serviceOf(options: { scope?: string; streams?: boolean }): DescService {
  const methodOptions = create(MethodOptionsSchema);
  if (options.scope !== undefined) setExtension(methodOptions, scope, options.scope);
  const method: MethodDescriptorProto = create(MethodDescriptorProtoSchema, {
    name: "Get",
    inputType: ".test.v1.Thing",
    outputType: ".test.v1.Thing",
    serverStreaming: options.streams ?? false,
    options: methodOptions,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test.v1",
    syntax: "proto3",
    messageType: [{ name: "Thing" }],
    service: [{ name: "Things", method: [method] }],
  });
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService("test.v1.Things");
  if (!service) throw new Error("the test contract has no service");
  return service;
}

describe("the scopes of a contract", () => {
  it("are declared by every published rpc", () => {
    const services = [CustomerService, LeadService, PetService, PackageService, SettingService];
    expect(scopesOf(services).size).toBe(services.flatMap(({ methods }) => methods).length);
    expect(scopesOf(services).get(CustomerService.method.genCustomerCofLink)).toBe("customer:write");
  });

  it("stop the start when one is missing or unknown, or the rpc streams", () => {
    expect(() => scopesOf([serviceOf({})])).toThrow("test.v1.Things/Get declares no moego.option.v1.scope");
    expect(() => scopesOf([serviceOf({ scope: "" })])).toThrow(/unknown scope ""/);
    expect(() => scopesOf([serviceOf({ scope: "everything" })])).toThrow(/unknown scope "everything"/);
    expect(() => scopesOf([serviceOf({ scope: "lead:read", streams: true })])).toThrow(/not unary/);
    expect(scopesOf([serviceOf({ scope: "lead:read" })]).size).toBe(1);
  });
});

it("tells reading rpcs from those that make something", () => {
  expect(isReadOnly(CustomerService.method.getCustomer)).toBe(true);
  expect(isReadOnly(CustomerService.method.genCustomerCofLink)).toBe(false);
  expect(rpcNameOf(CustomerService.method.getCustomer)).toBe("moego.business.customer.v1.CustomerService/GetCustomer");
});

it("is served whole: every service that a file of the contract declares", () => {
  const folder = new URL("../../proto/moego/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".proto"));
  const declared = files.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    const [, packageName] = /^package ([\w.]+);$/m.exec(text) ?? [];
    return [...text.matchAll(/^service (\w+)/gm)].map(([, name]) => `${packageName}.${name}`);
  });
  expect(declared.length).toBeGreaterThan(20);
  expect(services.map(({ typeName }) => typeName).toSorted()).toEqual(declared.toSorted());
});
