import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  getOption,
  ScalarType,
  setExtension,
} from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { Access, access } from "../../src/gen/proto/moego/option/v1/option_pb.js";
import { type AccessFields, accessFieldsOf } from "../../src/server/pipeline/access-fields.js";
import { rpcNameOf } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";

/** Fields of requests that look like a company or a location, but have no access option, and why. */
const unchecked = new Map([
  ["moego.admin.v1.CreateStaffRequest.working_business_ids", "a key limited to locations writes no staff"],
  ["moego.admin.v1.WorkingBusinesses.business_ids", "the same"],
  ["moego.auth.apikey.v1.Organization.company_id", "ApiKeys compares the access of the new key with its own"],
  [
    "moego.business.setting.v1.CreateServiceRequest.available_business_ids",
    "a key limited to locations writes no settings",
  ],
  ["moego.business.setting.v1.CreateServiceRequest.business_ids", "the same"],
  ["moego.business.setting.v1.ListServicesRequest.business_ids", "every key of the company reads its settings"],
  ["moego.business.setting.v1.UpdateServiceRequest.available_business_ids", "the same as CreateServiceRequest"],
  ["moego.business.setting.v1.UpdateServiceRequest.business_ids", "the same as CreateServiceRequest"],
]);

/** What the rpc checks for each item, because a refusal is the result of that item (test/rpc/*-batch.test.ts). */
const checkedByItem = [
  "moego.admin.v1.BatchSellPackagesRequest.items",
  "moego.admin.v1.BatchUpsertPackagesRequest.items",
  "moego.admin.v1.BatchCreateCustomersRequest.items",
  "moego.admin.v1.BatchUpsertCustomersRequest.items",
  "moego.admin.v1.BatchCreateLeadsRequest.items",
  "moego.admin.v1.BatchUpsertLeadsRequest.items",
  "moego.admin.v1.BatchCreatePetsRequest.items",
  "moego.admin.v1.BatchUpsertPetsRequest.items",
];

const methods = services.flatMap((service) => service.methods);

describe("the access options of the contract", () => {
  it("name the locations of a request, and the companies that they belong to, the innermost first", () => {
    const found = methods.map((method) => [rpcNameOf(method), locationsOf(accessFieldsOf(method.input))] as const);
    expect(Object.fromEntries(found.filter(([, paths]) => paths.length > 0))).toEqual({
      "moego.admin.v1.CustomerAdminService/ImportCustomer": [
        "customer.preferred_business_id of customer.company_id, company_id",
      ],
      "moego.admin.v1.CustomerUpsertService/UpsertCustomer": [
        "customer.preferred_business_id of customer.company_id, company_id",
      ],
      "moego.admin.v1.LeadAdminService/ImportLead": ["lead.preferred_business_id of lead.company_id, company_id"],
      "moego.admin.v1.LeadUpsertService/UpsertLead": ["lead.preferred_business_id of lead.company_id, company_id"],
      "moego.admin.v1.PackageAdminService/SellPackage": ["business_id of company_id"],
      "moego.admin.v1.PackageTemplateService/ListPackageTemplates": ["business_ids of company_id"],
      "moego.admin.v1.PackageUpsertService/UpsertPackage": ["sale.business_id of sale.company_id, company_id"],
      "moego.business.customer.v1.CustomerService/CreateCustomer": ["preferred_business_id of company_id"],
      "moego.business.customer.v1.CustomerService/ListCustomers": ["filter.preferred_business_ids of company_id"],
      "moego.business.customer.v1.CustomerService/UpdateCustomer": ["preferred_business_id of company_id"],
      "moego.business.customer.v1.LeadService/CreateLead": ["lead.preferred_business_id of lead.company_id"],
      "moego.business.customer.v1.LeadService/ListLeads": [
        "filter.preferred_business_ids of company_id",
        "business_ids of company_id",
      ],
      "moego.business.customer.v1.LeadService/UpdateLead": ["lead.preferred_business_id of lead.company_id"],
      "moego.business.package.v1.PackageService/ListPackages": ["business_ids of company_id"],
    });
  });

  it("name the company of every request that has one", () => {
    for (const method of methods) {
      const named = method.input.fields.find(({ name }) => name === "company_id");
      expect(accessFieldsOf(method.input).company, rpcNameOf(method)).toBe(named);
    }
  });

  it("are on every field of a request that looks like a company or a location, except known ones", () => {
    const fields = [...new Set(methods.flatMap(({ input }) => fieldsOf(input)))];
    const withoutOption = fields.filter((field) => looksLikeAccess(field) && !hasAccess(field));
    expect(withoutOption.map(nameOf).toSorted()).toEqual([...unchecked.keys()].toSorted());
  });

  it("are all read, by the check or for each item of a known batch: no option is where nothing reaches it", () => {
    const read = new Set(methods.flatMap(({ input }) => readFields(accessFieldsOf(input))));
    const declared = new Set(methods.flatMap(({ input }) => fieldsOf(input)).filter(hasAccess));
    expect([...[...read].map(nameOf), ...checkedByItem].toSorted()).toEqual([...declared].map(nameOf).toSorted());
    expect([...declared].filter(isItems).map(nameOf)).toEqual(checkedByItem);
  });

  it("stop the start on a field that is not checked", () => {
    const text = { name: "business_id", number: 1, type: FieldDescriptorProto_Type.STRING };
    const parent = { type: FieldDescriptorProto_Type.MESSAGE, typeName: ".test.v1.Inner", name: "inner", number: 1 };
    const repeated = FieldDescriptorProto_Label.REPEATED;
    expect(() => request({ ...text, type: FieldDescriptorProto_Type.INT64 }, parent)).toThrow(
      /where it is not checked/,
    );
    expect(() => request(text, { ...parent, label: repeated })).toThrow(/inner has moego.option.v1.access where/);
    expect(() => request({ ...text, label: repeated }, parent, Access.COMPANY)).toThrow(/where it is not checked/);
    expect(() => request({ ...text, label: repeated }, parent, Access.ITEMS)).toThrow(/where it is not checked/);
    expect(locationsOf(request(text, parent))).toEqual(["inner.business_id of "]);
    expect(locationsOf(request({ ...text, label: repeated }, parent))).toEqual(["inner.business_id of "]);
  });
});

type FieldOf = Partial<Pick<FieldDescriptorProto, "name" | "number" | "type" | "typeName" | "label">>;

/** The access fields of a request that contains a message with one field. */
function request(inner: FieldOf, outer: FieldOf, names = Access.LOCATION): AccessFields {
  const options = create(FieldOptionsSchema);
  setExtension(options, access, names);
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test.v1",
    syntax: "proto3",
    messageType: [
      { name: "Inner", field: [create(FieldDescriptorProtoSchema, { ...inner, options })] },
      { name: "Request", field: [create(FieldDescriptorProtoSchema, outer)] },
    ],
  });
  const schema = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage("test.v1.Request");
  if (!schema) throw new Error("the test contract has no request");
  return accessFieldsOf(schema);
}

function locationsOf(fields: AccessFields, path = "", outer: readonly string[] = []): readonly string[] {
  const companies = fields.company ? [path + fields.company.name, ...outer] : outer;
  return fields.locations.flatMap(({ field, within }) =>
    within
      ? locationsOf(within.fields, `${path}${field.name}.`, companies)
      : [`${path}${field.name} of ${companies.join(", ")}`],
  );
}

function readFields({ company, locations }: AccessFields): readonly DescField[] {
  const within = locations.flatMap(({ field, within }) => (within ? readFields(within.fields) : [field]));
  return company ? [company, ...within] : within;
}

function fieldsOf(message: DescMessage, seen = new Set<DescMessage>()): readonly DescField[] {
  if (seen.has(message)) return [];
  seen.add(message);
  return message.fields.flatMap((field) => [field, ...(field.message ? fieldsOf(field.message, seen) : [])]);
}

function looksLikeAccess({ name, scalar }: DescField): boolean {
  return scalar === ScalarType.STRING && /^(company|business|location)$|(company|business|location)_?ids?$/.test(name);
}

function hasAccess(field: DescField): boolean {
  return getOption(field, access) !== Access.UNSPECIFIED;
}

function isItems(field: DescField): boolean {
  return getOption(field, access) === Access.ITEMS;
}

function nameOf(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}
