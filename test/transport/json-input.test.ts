import { type DescMessage, equals, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DomainError, type Violation } from "../../src/core/errors.js";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import {
  CreateCustomerRequestSchema,
  ListCustomersRequestSchema,
  UpdateCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  CreateLeadRequestSchema,
  UpdateLeadRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PackageSchema } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { CreateExternalApiRequestSchema } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { nothingBeside } from "../../src/server/transport/json-beside.js";
import { decodeJson } from "../../src/server/transport/json-input.js";

const read = (schema: DescMessage, text: string) => decodeJson(schema, Buffer.from(text));
const json = (schema: DescMessage, text: string) => toJson(schema, read(schema, text));

/** `field REASON` of every fault. */
function faults(schema: DescMessage, text: string): string[] {
  return violations(schema, text).map(({ field, reason }) => `${field} ${reason}`);
}

function descriptions(schema: DescMessage, text: string): string[] {
  return violations(schema, text).map(({ description }) => description);
}

function violations(schema: DescMessage, text: string): readonly Violation[] {
  try {
    read(schema, text);
  } catch (error) {
    if (error instanceof DomainError) return error.details.violations ?? [];
    throw error;
  }
  return [];
}

describe("canonical proto3 JSON", () => {
  const samples: [DescMessage, JsonValue][] = [
    [
      CreateCustomerRequestSchema,
      {
        companyId: "cmp_001",
        address: { address1: "123 Main St", coordinate: { latitude: 1.5, longitude: -2 }, type: "PRIMARY" },
        preference: { receiveAutoEmail: true },
        tags: [{ id: "tag_1", lastUpdatedTime: "2023-01-01T10:00:00Z" }, { name: "VIP" }],
        complianceConfig: { serviceRelatedChannels: { channels: ["COMPLIANCE_CHANNEL_SMS"] }, isConsented: false },
        customFields: { color: { string: "red" }, count: { int64: "5" }, flag: { bool: true } },
      },
    ],
    [
      UpdateCustomerRequestSchema,
      { id: "cus_1", firstName: "", updateMask: "firstName,preference.receiveAutoEmail", status: "INACTIVE" },
    ],
    [
      ListCustomersRequestSchema,
      { pagination: { pageSize: 5 }, filter: { lastUpdatedTime: { startTime: "2023-01-01T00:00:00Z" } } },
    ],
    [CreateLeadRequestSchema, { lead: { firstName: "A", pets: [{}, {}] } }],
    [CustomerSchema, { id: "cus_1", rawId: "9007199254740993", customFields: { a: [1, "x", null, { b: true }] } }],
  ];
  it.each(samples)("reads %s as protobuf itself does", (schema, value) => {
    expect(equals(schema, read(schema, JSON.stringify(value)), fromJson(schema, value))).toBe(true);
  });

  it("takes both spellings of a field, and null as absent", () => {
    expect(
      json(
        CreateCustomerRequestSchema,
        '{"company_id":"c","firstName":"A","lastName":null,"tags":null,"address":null}',
      ),
    ).toEqual({
      companyId: "c",
      firstName: "A",
    });
  });

  it("skips a byte order mark and reads escapes", () => {
    expect(json(CreateCustomerRequestSchema, '\uFEFF {"firstName":"\\u00e9\\ud83d\\ude00\\n\\"\\/"}\n')).toEqual({
      firstName: 'é😀\n"/',
    });
  });
});

describe("members that are present without a value", () => {
  const emptyMembers = (schema: DescMessage, text: string) => {
    const beside = nothingBeside();
    decodeJson(schema, Buffer.from(text), { beside });
    return Object.fromEntries(beside.emptyMembers);
  };

  it("are told by path, also where the message has no field for absence", () => {
    const request = {
      ...{ email: "", source: null, status: "ACTIVE", tags: [], phones: null },
      address: { street: "", zip: null, city: "Troy" },
      preference: { receiveAutoEmail: false, receive_auto_message: true, receiveAppointmentReminder: null },
      notes: [{ note: "a" }, { note: "" }],
    };
    expect(emptyMembers(UpdateCustomerRequestSchema, JSON.stringify(request))).toEqual({
      ...{ source: "null", tags: "empty", phones: "null" },
      ...{ "address.address1": "empty", "address.postal_code": "null" },
      "preference.receive_auto_email": "empty",
      "preference.receive_appointment_reminder": "null",
      "notes[1].note": "empty",
    });
  });

  it("are none for what the message holds", () => {
    expect(emptyMembers(UpdateCustomerRequestSchema, '{"id":"c","email":"","customFields":{"a":""}}')).toEqual({});
    expect(emptyMembers(UpdateCustomerRequestSchema, "")).toEqual({});
  });
});

describe("spellings that the documents print", () => {
  it("reads street and zip of an address", () => {
    expect(json(CreateCustomerRequestSchema, '{"address":{"street":"1 Main","zip":"10001"}}')).toEqual({
      address: { address1: "1 Main", postalCode: "10001" },
    });
    expect(json(CreateLeadRequestSchema, '{"lead":{"address":{"street":"1 Main","address1":"1 Main"}}}')).toEqual({
      lead: { address: { address1: "1 Main" } },
    });
    expect(faults(CreateCustomerRequestSchema, '{"address":{"zip":"1","postal_code":"2"}}')).toEqual([
      "address.zip CONFLICT",
    ]);
  });

  it("reads compliance channels as a bare array or as an object, in writes and in reads", () => {
    const bare = '{"complianceConfig":{"marketingCampaignsChannels":["COMPLIANCE_CHANNEL_SMS"]}}';
    const wrapped = '{"complianceConfig":{"marketingCampaignsChannels":{"channels":["COMPLIANCE_CHANNEL_SMS"]}}}';
    expect(json(CreateCustomerRequestSchema, bare)).toEqual(json(CreateCustomerRequestSchema, wrapped));
    expect(json(CreateLeadRequestSchema, `{"lead":${wrapped}}`)).toEqual(
      json(CreateLeadRequestSchema, `{"lead":${bare}}`),
    );
    expect(json(CreateCustomerRequestSchema, '{"complianceConfig":{"marketingCampaignsChannels":[]}}')).toEqual({
      complianceConfig: { marketingCampaignsChannels: {} },
    });
  });

  it("reads a date as text", () => {
    expect(json(PackageSchema, '{"expirationDate":"2024-01-15"}')).toEqual({
      expirationDate: { year: 2024, month: 1, day: 15 },
    });
    expect(faults(PackageSchema, '{"expirationDate":"15.1.2024"}')).toEqual(["expiration_date INVALID_FORMAT"]);
    expect(faults(PackageSchema, '{"expirationDate":7}')).toEqual(["expiration_date WRONG_TYPE"]);
  });

  it("reads field masks in either spelling and keeps keys of maps and unknown paths as they are", () => {
    const paths = (schema: DescMessage, mask: string) =>
      JSON.parse(JSON.stringify(read(schema, JSON.stringify({ updateMask: mask })))).updateMask.paths;
    expect(paths(UpdateCustomerRequestSchema, "firstName, last_name,custom_fields.fooBar,nope")).toEqual([
      "first_name",
      "last_name",
      "custom_fields.fooBar",
      "nope",
    ]);
    expect(paths(UpdateLeadRequestSchema, "lifeCycle,complianceConfig")).toEqual(["life_cycle", "compliance_config"]);
  });
});

describe("faults", () => {
  it.each([
    ['{"firstName":"a","firstName":"b"}', ["first_name DUPLICATE_FIELD"]],
    ['{"firstName":"a","first_name":"a"}', ["first_name DUPLICATE_FIELD"]],
    ['{"firstName":null,"firstName":"a"}', ["first_name DUPLICATE_FIELD"]],
    ['{"__proto__":{"a":1}}', ["__proto__ UNKNOWN_FIELD"]],
    ['{"customFields":{"__proto__":{"string":"a"}}}', ['custom_fields["__proto__"] NOT_ALLOWED']],
    ['{"customFields":{"a":{},"a":{}}}', ['custom_fields["a"] DUPLICATE_FIELD']],
    ['{"customFields":{"a.b":{"string":"x","bool":true}}}', ['custom_fields["a.b"].bool CONFLICT']],
    ['{"customFields":{"a":{"int64":9007199254740993}}}', ['custom_fields["a"].int64 OUT_OF_RANGE']],
    ['{"customFields":{"a":{"int64":"9223372036854775808"}}}', ['custom_fields["a"].int64 OUT_OF_RANGE']],
    ['{"customFields":{"a":{"int64":1.5}}}', ['custom_fields["a"].int64 WRONG_TYPE']],
    ['{"customFields":[]}', ["custom_fields WRONG_TYPE"]],
    ['{"tags":{"id":"x"}}', ["tags WRONG_TYPE"]],
    ['{"tags":[null]}', ["tags[0] WRONG_TYPE"]],
    ['{"address":"here"}', ["address WRONG_TYPE"]],
    ['{"firstName":true,"phone":12125551234}', ["first_name WRONG_TYPE", "phone WRONG_TYPE"]],
    ['{"firstName":{},"lastName":[]}', ["first_name WRONG_TYPE", "last_name WRONG_TYPE"]],
    ['{"preference":{"receiveAutoEmail":"true"}}', ["preference.receive_auto_email WRONG_TYPE"]],
    [
      '{"complianceConfig":{"serviceRelatedChannels":["FAX"]}}',
      ["compliance_config.service_related_channels.channels[0] WRONG_TYPE"],
    ],
    ["[]", [" WRONG_TYPE"]],
    ["null", [" WRONG_TYPE"]],
  ])("names those of %s", (text, expected) => {
    expect(faults(CreateCustomerRequestSchema, text)).toEqual(expected);
  });

  it("names those of free-form values", () => {
    expect(
      faults(CustomerSchema, '{"customFields":{"a":[{"__proto__":1}],"b":9007199254740993,"c":1,"c":2}}').sort(),
    ).toEqual([
      'custom_fields["a"][0]["__proto__"] NOT_ALLOWED',
      'custom_fields["b"] OUT_OF_RANGE',
      'custom_fields["c"] DUPLICATE_FIELD',
    ]);
  });

  it("say which names an enum has", () => {
    try {
      read(CreateExternalApiRequestSchema, '{"method":"HEAD"}');
      expect.unreachable();
    } catch (error) {
      expect(error instanceof DomainError ? error.details.violations : error).toMatchObject([
        {
          description:
            "Must be METHOD_GET (or GET) or METHOD_POST (or POST) or METHOD_PUT (or PUT) or METHOD_PATCH (or PATCH) or METHOD_DELETE (or DELETE).",
        },
      ]);
    }
  });

  it("never repeat the value that was sent", () => {
    try {
      read(
        CreateCustomerRequestSchema,
        '{"firstName":["sensitive"],"address":{"type":"sensitive"},"complianceConfig":"sensitive"}',
      );
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error instanceof DomainError ? [error.message, error.details] : error)).not.toContain(
        "sensitive",
      );
    }
  });

  it.each([
    [`{"firstName": "A"}`, "Unknown field. Did you mean lead.firstName?"],
    [`{"lead": {"frstName": "A"}}`, "Unknown field. Did you mean firstName?"],
    [`{"lead": {"fristName": "A"}}`, "Unknown field. Did you mean firstName?"],
    [`{"lead": {"firstNome": "A"}}`, "Unknown field. Did you mean firstName?"],
    [`{"lead": {"first_nam": "A"}}`, "Unknown field. Did you mean firstName?"],
    [`{"lead": {"address": {"address_1": "A"}}}`, "Unknown field. Did you mean address1?"],
    [`{"lead": {"zzz": 1}}`, "Unknown field."],
    [
      `{"lead": {"createdTime": "2024-08-01"}}`,
      'Must be the JSON encoding of google.protobuf.Timestamp, for example "2024-08-01T09:15:00Z".',
    ],
  ])("of %s say what may have been meant", (text, description) => {
    expect(descriptions(CreateLeadRequestSchema, text)).toEqual([description]);
  });

  it("name a wrapper that the request does not have, and no other object", () => {
    const wrapped = (text: string) => descriptions(CreateCustomerRequestSchema, text);
    const moved = "Unknown field. Move the members of customer into the object around it.";
    expect(wrapped('{"customer": {"firstName": "A", "last_name": "B", "zzz": 1}}')).toEqual([moved]);
    expect(wrapped('{"customer": {"zzz": 1, "yyy": 2, "firstName": "A"}}')).toEqual(["Unknown field."]);
    expect(wrapped('{"zzz": {"id": "A", "name": "B"}}')).toEqual(["Unknown field."]);
    expect(wrapped('{"zzz": {}}')).toEqual(["Unknown field."]);
  });

  it("takes a number that a field can hold, and refuses others", () => {
    const page = (size: string) => faults(ListCustomersRequestSchema, `{"pagination":{"pageSize":${size}}}`);
    expect(page("50")).toEqual([]);
    expect(page('"50"')).toEqual([]);
    expect(page("5e1")).toEqual([]);
    expect(page("2147483648")).toEqual(["pagination.page_size OUT_OF_RANGE"]);
    expect(page("1e308")).toEqual(["pagination.page_size OUT_OF_RANGE"]);
    expect(page('"many"')).toEqual(["pagination.page_size INVALID_FORMAT"]);
  });
});
