import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { transports } from "../support/clients.js";
import { newCustomer } from "../support/new-customer.js";
import { newExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createExternalApi } = ExternalApiService.method;
const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;

/** A family of four: one character to a reader, seven code points, eleven UTF-16 units. */
const family = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";

describe("a text", () => {
  it("is stored in NFC and without outer white space", async () => {
    const created = await server.ok(
      createCustomer,
      newCustomer({
        firstName: "  Jose\u0301 ",
        lastName: "\u00a0N\u0303a\u3000",
        source: "\tu\u0308ber ",
        notes: [{ note: "\n cafe\u0301 \n" }],
        tags: [{ name: " Cre\u0300me " }],
      }),
    );
    const read = await server.ok(getCustomer, { id: created.id });
    expect(read).toMatchObject({ firstName: "Jos\u00e9", lastName: "\u00d1a", source: "\u00fcber" });
    expect(read.notes[0]?.note).toBe("caf\u00e9");
    expect(read.tags[0]?.name).toBe("Cr\u00e8me");
  });

  it("keeps emoji, joiners, marks of direction and inner blanks", async () => {
    const firstName = `${family} \u202eabc\u202c می\u200cخواهم  x`;
    const { id } = await server.ok(createCustomer, newCustomer({ firstName }));
    expect((await server.ok(getCustomer, { id })).firstName).toBe(firstName);
  });

  it("keeps line breaks and tabs in notes, a CRLF as one break", async () => {
    const { notes } = await server.ok(createCustomer, newCustomer({ notes: [{ note: "a\r\nb\n\tc" }] }));
    expect(notes[0]?.note).toBe("a\nb\n\tc");
  });

  it.each([
    ["a name with a control character", { firstName: "A\u0007da" }, "first_name"],
    ["a name with a NUL", { firstName: "A\u0000da" }, "first_name"],
    ["a name with a line break", { lastName: "A\nda" }, "last_name"],
    ["a line with a tab", { source: "a\tb" }, "source"],
    ["a tag with a C1 control character", { tags: [{ name: "a\u0085b" }] }, "tags[0].name"],
    ["a note with an escape character", { notes: [{ note: "\u001b[31m" }] }, "notes[0].note"],
    ["a note with a bare carriage return", { notes: [{ note: "a\rb" }] }, "notes[0].note"],
    ["an address line with a control character", { address: { address1: "1\u0001" } }, "address.address1"],
  ])("refuses %s", async (_, fields, field) => {
    const { violations } = await server.refused(createCustomer, newCustomer(fields));
    expect(violations).toEqual([{ field, reason: "INVALID_FORMAT" }]);
  });

  it.each([
    ["a first name", "first_name", 100, (text: string) => ({ firstName: text })],
    ["a last name", "last_name", 100, (text: string) => ({ lastName: text })],
    ["a source", "source", 255, (text: string) => ({ source: text })],
    ["an address line", "address.address1", 255, (text: string) => ({ address: { address1: text } })],
    ["a city", "address.city", 255, (text: string) => ({ address: { city: text } })],
    ["a tag", "tags[0].name", 64, (text: string) => ({ tags: [{ name: text }] })],
    ["a note", "notes[0].note", 10_000, (text: string) => ({ notes: [{ note: text }] })],
  ])("counts the length of %s in code points, after trimming", async (_, field, limit, fields) => {
    // Each is one code point of two UTF-16 units and four bytes.
    const longest = "\u{1F436}".repeat(limit);
    await server.ok(createCustomer, newCustomer(fields(`  ${longest} `)));
    const { violations } = await server.refused(createCustomer, newCustomer(fields(`${longest}x`)));
    expect(violations).toEqual([{ field, reason: "TOO_LONG" }]);
  });

  it.each([
    ["a first name", "first_name", { firstName: " \u3000" }],
    ["a last name", "last_name", { lastName: "\t" }],
    ["a tag", "tags[0].name", { tags: [{ name: "  " }] }],
    ["a note", "notes[0].note", { notes: [{ note: "\n\n" }] }],
  ])("of white space alone is no %s", async (_, field, fields) => {
    const { violations } = await server.refused(createCustomer, newCustomer(fields));
    expect(violations).toEqual([{ field, reason: "REQUIRED" }]);
  });
});

describe("a byte order mark at the start of a value that is kept as it stands", () => {
  it.each(transports)("is kept on %s", async (transport) => {
    const requestParams = [{ name: "a", location: 1, type: 1, defaultValue: "\uFEFFvalue" }];
    const { externalApi } = await server.ok(createExternalApi, newExternalApi({ requestParams }), { transport });
    expect(externalApi?.requestParams[0]?.defaultValue).toBe("\uFEFFvalue");
  });
});

describe("an avatar", () => {
  const update = (avatarPath: string) => ({ id: "cus_a1", companyId: "cmp_a", avatarPath });

  it("is an https URL of at most 2,048 characters", async () => {
    const longest = `https://img.example/${"a".repeat(2_028)}`;
    expect((await server.ok(updateCustomer, update(longest))).avatar).toBe(longest);
    const { violations } = await server.refused(updateCustomer, update(`${longest}a`));
    expect(violations).toEqual([{ field: "avatar_path", reason: "TOO_LONG" }]);
  });

  it.each(["http://img.example/a.png", "javascript:alert(1)", "img.example/a.png", "https://", "https://a b/"])(
    "is not %s",
    async (url) => {
      const { violations } = await server.refused(updateCustomer, update(url));
      expect(violations).toEqual([{ field: "avatar_path", reason: "INVALID_FORMAT" }]);
    },
  );
});
