import { Buffer } from "node:buffer";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { AnswerFormat } from "../../src/gen/proto/moego/callcenter/v1/answer_format_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { queryCustomer } = CallerService.method;

/** What each system reads at most, in bytes of JSON. */
const systems = [
  ["ANSWER_FORMAT_AMAZON_CONNECT", AnswerFormat.AMAZON_CONNECT, 32_000],
  ["ANSWER_FORMAT_TWILIO", AnswerFormat.TWILIO, 64_000],
] as const;

const field = (id: string, code: string) => ({
  ...{ company_id: companyId, id, association_type: 1, code, label: code, type: 2, options: [] },
  ...{ created_time: "2023-01-01T10:00:00Z", last_updated_time: "2023-01-01T10:00:00Z" },
});
const longTexts = Array.from({ length: 20 }, (_, number) => `text_${number}`);
await server.insert([
  [
    "custom_field",
    [field("a.dotted.id", "dotted"), field("a_dotted_id", "plain"), ...longTexts.map((id) => field(id, id))],
  ],
]);

async function restAnswer(query: string): Promise<Readonly<Record<string, unknown>>> {
  const headers = { authorization: authorizationOf(keys.a) };
  const response = await fetch(`${server.app.httpUrl}/v1/customers:query?${query}`, { headers });
  return JSON.parse(await response.text());
}

describe.each(systems)("%s", (name, format, limit) => {
  it("gives the values of the plain answer, and says that somebody was found", async () => {
    const { answer: plain = {} } = await server.ok(queryCustomer, { id: "cus_a1" });
    const answer = await restAnswer(`id=cus_a1&format=${name}`);
    const { "a.dotted.id": dotted, ...others } = plain;
    expect(dotted).toBe("");
    expect(answer).toMatchObject({ ...others, found: "true", match_count: "1", truncated: "false" });
  });

  it("is flat, with values that are strings and keys that the system takes", async () => {
    const answer = await restAnswer(`id=cus_a1&format=${name}`);
    for (const [key, value] of Object.entries(answer)) {
      expect(key).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(typeof value, key).toBe("string");
    }
  });

  it("keeps a key that needs no change, and gives the other a number where both would meet", async () => {
    const values = { dotted: { string: "of the dotted" }, plain: { string: "of the plain" } };
    const { id } = await created(values);
    const answer = await restAnswer(`id=${id}&format=${name}`);
    expect(answer).toMatchObject({ a_dotted_id: "of the plain", a_dotted_id_2: "of the dotted" });
  });

  it("has every key when nobody is found or nothing is asked, with the same keys as for a customer", async () => {
    const keys = Object.keys(await restAnswer(`id=cus_a1&format=${name}`)).toSorted();
    const values = nobody(keys);
    for (const [query, status] of [
      ["id=cus_nobody", "unknown"],
      ["tel=%2B12125559999", "unknown"],
      ["id=no%20id", "unreadable"],
      ["", "unknown"],
    ]) {
      const number = query === "tel=%2B12125559999" ? "+12125559999" : "";
      const answer = { ...values, number, status, found: "false", match_count: "0", truncated: "false" };
      expect(await restAnswer(`${query}&format=${name}`)).toEqual(answer);
    }
    expect(await server.ok(queryCustomer, { format })).toMatchObject({
      matchCount: 0,
      answer: { id: "", uname: "", found: "false" },
    });
  });

  it("cuts the longest values of an answer that is too long, between characters, and says so", async () => {
    const values = Object.fromEntries(longTexts.map((code) => [code, { string: "😀é".repeat(5_000) }]));
    const { id } = await created(values);
    const plain = await restAnswer(`id=${id}`);
    expect(Buffer.byteLength(JSON.stringify(plain))).toBeGreaterThan(limit);
    const answer = await restAnswer(`id=${id}&format=${name}`);
    const bytes = Buffer.byteLength(JSON.stringify(answer));
    expect(bytes).toBeLessThan(limit);
    expect(bytes).toBeGreaterThan(limit / 4);
    expect(answer).toMatchObject({ truncated: "true", found: "true", id, uname: "Ada Lovelace" });
    expect(String(answer["text_0"])).toMatch(/^(😀é)+😀?$/u);
  });
});

it("is plain when no format is named, and a format that does not exist is refused", async () => {
  const plain = await restAnswer("id=cus_a1");
  for (const format of ["ANSWER_FORMAT_PLAIN", "ANSWER_FORMAT_UNSPECIFIED", "1"])
    expect(await restAnswer(`id=cus_a1&format=${format}`)).toEqual(plain);
  expect(plain).not.toHaveProperty("found");
  expect(await server.refused(queryCustomer, { format: Number(99) })).toMatchObject(
    invalidField("format", "NOT_ALLOWED"),
  );
});

/** Every key, "". */
function nobody(keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map((key) => [key, ""]));
}

async function created(customFields: Readonly<Record<string, { readonly string: string }>>) {
  const values = Object.entries(customFields).map(([code, { string }]) => [
    code,
    { value: { case: "string" as const, value: string } },
  ]);
  return server.ok(CustomerService.method.createCustomer, newCustomer({ customFields: Object.fromEntries(values) }));
}
