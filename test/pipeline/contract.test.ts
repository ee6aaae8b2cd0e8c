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
    clientStreaming: options.streams ?? false,
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

  it("stop the start when one is missing or unknown, or requests are a stream", () => {
    expect(() => scopesOf([serviceOf({})])).toThrow("test.v1.Things/Get declares no moego.option.v1.scope");
    expect(() => scopesOf([serviceOf({ scope: "" })])).toThrow(/unknown scope ""/);
    expect(() => scopesOf([serviceOf({ scope: "everything" })])).toThrow(/unknown scope "everything"/);
    expect(() => scopesOf([serviceOf({ scope: "lead:read", streams: true })])).toThrow(/stream of requests/);
    expect(scopesOf([serviceOf({ scope: "lead:read" })]).size).toBe(1);
  });
});

it("tells reading rpcs from those that make something", () => {
  expect(isReadOnly(CustomerService.method.getCustomer)).toBe(true);
  expect(isReadOnly(CustomerService.method.genCustomerCofLink)).toBe(false);
  expect(rpcNameOf(CustomerService.method.getCustomer)).toBe("moego.business.customer.v1.CustomerService/GetCustomer");
});

it("is served whole: every service that a file of the contract declares", () => {
  const declared = contractFiles().flatMap(({ text, packageName }) =>
    [...text.matchAll(/^service (\w+)/gm)].map(([, name]) => `${packageName}.${name}`),
  );
  expect(declared.length).toBeGreaterThan(20);
  expect(services.map(({ typeName }) => typeName).toSorted()).toEqual(declared.toSorted());
});

describe("the options of a proto file for other languages", () => {
  const files = contractFiles();

  it.each(files)("are all in $name", ({ name, text, packageName }) => {
    const options = [...text.matchAll(/^option (\w+) = (.*);$/gm)].map(([, option, value]) => `${option} = ${value}`);
    const prefix = /^objc_class_prefix = "MG[A-Z]{2}"$/;
    expect(options.filter((option) => !prefix.test(option))).toEqual(expectedOptions(name, packageName));
    expect(options.filter((option) => prefix.test(option))).toHaveLength(1);
  });

  it("give each package an Objective-C prefix of its own: that language has no packages", () => {
    const prefixes = files.map(({ text, packageName }) => {
      const [, prefix = ""] = /^option objc_class_prefix = "(\w+)";$/m.exec(text) ?? [];
      return `${prefix} ${packageName}`;
    });
    const pairs = [...new Set(prefixes)].map((pair) => pair.split(" "));
    expect(new Set(pairs.map(([prefix]) => prefix)).size).toBe(pairs.length);
    expect(new Set(pairs.map(([, packageName]) => packageName)).size).toBe(pairs.length);
  });

  it("give no Java class of a file the name of a message, an enum or a service", () => {
    const declared = files.flatMap(({ text, packageName }) =>
      [...text.matchAll(/^ *(?:message|enum|service) (\w+)/gm)].map(([, name]) => `${packageName}.${name}`),
    );
    const outer = files.map(({ name, packageName }) => `${packageName}.${outerClassOf(name)}`);
    expect(outer.filter((name) => declared.includes(name))).toEqual([]);
    expect(new Set(outer).size).toBe(files.length);
  });
});

describe("the proto files of others", () => {
  const folder = new URL("../../proto/third_party/", import.meta.url);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".proto"));

  it("do not hide grpcio: generated to grpc/, the health service would lie where Python looks for it", () => {
    const folders = names.map((name) => name.split(/[\\/]/)[0]);
    expect([...new Set(folders)].toSorted()).toEqual(["google", "grpc_health", "grpc_reflection"]);
  });

  it.each(names)("have what Go and Java need: %s", (name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    expect(text).toMatch(/^option go_package = "/m);
    expect(text).toMatch(/^option java_package = "/m);
  });
});

interface ContractFile {
  /** Below proto/. */
  readonly name: string;
  readonly text: string;
  readonly packageName: string;
}

function contractFiles(): readonly ContractFile[] {
  const folder = new URL("../../proto/moego/", import.meta.url);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".proto"));
  return names.toSorted().map((file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    const [, packageName = ""] = /^package ([\w.]+);$/m.exec(text) ?? [];
    return { name: `moego/${file.replaceAll("\\", "/")}`, text, packageName };
  });
}

/** All but the Objective-C prefix follow from the package and the name of the file. */
function expectedOptions(file: string, packageName: string): readonly string[] {
  const parts = packageName.split(".");
  const capitalized = parts.map(capitalize);
  // `package` is a keyword of Java.
  const java = parts.map((part) => (part === "package" ? "packages" : part)).join(".");
  return [
    `csharp_namespace = "${capitalized.join(".")}"`,
    `go_package = "moego-open-backend/${parts.join("/")};${parts.slice(-2).join("")}"`,
    "java_multiple_files = true",
    `java_outer_classname = "${outerClassOf(file)}"`,
    `java_package = "com.${java}"`,
    `php_namespace = "${capitalized.join("\\\\")}"`,
    `ruby_package = "${capitalized.join("::")}"`,
  ];
}

function outerClassOf(file: string): string {
  const [, base = ""] = /(\w+)\.proto$/.exec(file) ?? [];
  return `${base.split("_").map(capitalize).join("")}Proto`;
}

function capitalize(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
