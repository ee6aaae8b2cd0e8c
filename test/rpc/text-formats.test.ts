import { Buffer } from "node:buffer";
import { array, assert, dictionary, property, string } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { AnswerFormat } from "../../src/gen/proto/moego/callcenter/v1/answer_format_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { renderAnswer } from "../../src/resources/callers/response-format.service.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { definitionOf, endNode, queryNode } from "../support/new-flow.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const headers = { authorization: authorizationOf(keys.a), "content-type": "application/json" };

interface Text {
  readonly type: string | null;
  readonly text: string;
}

/** The body of a REST route by GET and by POST, which must be the same. */
async function ask(path: string, query: Readonly<Record<string, string>>, body: object): Promise<Text> {
  const url = `${server.app.httpUrl}${path}`;
  const [byGet, byPost] = await Promise.all([
    fetch(`${url}?${new URLSearchParams(query)}`, { headers }),
    fetch(url, { method: "POST", headers, body: JSON.stringify(body) }),
  ]);
  const read = async (response: Response) => ({
    type: response.headers.get("content-type"),
    text: await response.text(),
  });
  const got = await read(byGet);
  expect(await read(byPost)).toEqual(got);
  return got;
}

const query = (asked: Readonly<Record<string, string>>) => ask("/v1/customers:query", asked, asked);

const plainText = "text/plain; charset=utf-8";

/** How telephone systems read a list. */
function listOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split("&").map((part) => {
      const [key = "", value = ""] = part.split("=");
      return [key, decodeURIComponent(value)];
    }),
  );
}

describe("TEXT", () => {
  it("is the name of the caller, or empty", async () => {
    for (const format of ["ANSWER_FORMAT_TEXT", "TEXT", "text"]) {
      expect(await query({ format, id: "cus_a1" })).toEqual({ type: plainText, text: "Anna Archer" });
      expect(await query({ format, id: "lcus_a1" })).toEqual({ type: plainText, text: "Lena Lead" });
      for (const tel of ["anonymous", "+12125559999", ""])
        expect(await query({ format, tel })).toEqual({ type: plainText, text: "" });
    }
  });

  it("is at most 1,000 bytes", async () => {
    const names = { firstName: "😀".repeat(100), lastName: "漢".repeat(100), format: AnswerFormat.TEXT };
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer(names));
    expect((await query({ format: "TEXT", id })).text).toBe(`${names.firstName} ${names.lastName}`);
    const long = renderAnswer("TEXT", { values: {}, extras: {}, line: `a\n${"😀".repeat(300)}` }).text ?? "";
    expect(long).toBe(`a ${"😀".repeat(249)}`);
  });
});

describe("KEY_VALUE", () => {
  it("has the keys and values of the other formats, the status first", async () => {
    for (const asked of [{ id: "cus_a1" }, { id: "lcus_a1" }, { tel: "2125559999" }, { tel: "anonymous" }]) {
      const { type, text } = await query({ format: "key_value", ...asked });
      expect(type).toBe(plainText);
      const { answer = {} } = await server.ok(CallerService.method.queryCustomer, {
        ...asked,
        format: AnswerFormat.TWILIO,
      });
      const whole = { ...answer };
      const list = listOf(text);
      expect(whole).toMatchObject(list);
      expect(Object.keys(list)).toEqual(expect.arrayContaining(["id", "uname", "isVip", "isblack", "userLableName"]));
      expect(Object.keys(list).slice(0, 2)).toEqual(["found", "status"]);
    }
  });

  it("escapes separators, quotes and letters, and an empty value has no equals sign", async () => {
    const names = { firstName: "Zoë & 'Z'=1", lastName: "100% (a, b); +*!" };
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer(names));
    const { text } = await query({ format: "KEY_VALUE", id });
    expect(listOf(text)).toMatchObject({ uname: `${names.firstName} ${names.lastName}` });
    expect(text).toMatch(/^[A-Za-z0-9_.~%&=-]+$/);
    expect(text).toContain("&stage&");
    expect(text).not.toContain("=&");
  });

  it("is at most 1,000 bytes of whole characters, with the same keys whatever the values", () => {
    const texts = dictionary(string({ unit: "grapheme", minLength: 1, maxLength: 40 }), string({ unit: "binary" }));
    const long = array(string({ unit: "grapheme" }), { maxLength: 200 });
    assert(
      property(texts, long, (drawn, words) => {
        const values = { ...drawn, remark: words.join(" "), last: "x" };
        const read = (given: Readonly<Record<string, string>>) => {
          const parts = { values: given, extras: { found: "true", status: "found" }, line: "" };
          const { text = "" } = renderAnswer("KEY_VALUE", parts);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000);
          return listOf(text);
        };
        const empty = Object.fromEntries(Object.keys(values).map((key) => [key, ""]));
        expect(Object.keys(read(values))).toEqual(Object.keys(read(empty)));
        expect(read(values)).toMatchObject({ found: "true", status: "found" });
      }),
    );
  });

  it("truncates what decides where a call goes only if that alone does not fit", () => {
    const values = Object.fromEntries(Array.from({ length: 40 }, (_, number) => [`v${number}`, "x".repeat(1_000)]));
    for (const format of ["KEY_VALUE", "AMAZON_CONNECT"] as const) {
      const rendered = (extras: { readonly exit: string; readonly outcome: string }) => {
        const { text, answer } = renderAnswer(format, { values, extras, line: "" });
        return answer ?? listOf(text ?? "");
      };
      const long = { exit: "vip_queue_of_the_main_office".repeat(3), outcome: "SIZE_LIMIT" };
      expect(rendered(long)).toMatchObject(long);
    }
    const parts = { values, extras: { exit: "客".repeat(100), outcome: "ENDED" }, line: "" };
    const { text = "" } = renderAnswer("KEY_VALUE", parts);
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(listOf(text)).toMatchObject({ truncated: "true", outcome: "ENDED", exit: expect.stringMatching(/^客+$/) });
  });

  it("leaves out only custom fields if there are too many keys", () => {
    const values = Object.fromEntries(Array.from({ length: 200 }, (_, number) => [`cf_number_${number}`, "value"]));
    const { text = "" } = renderAnswer("KEY_VALUE", { values, extras: { found: "true" }, line: "" });
    const read = listOf(text);
    expect(Object.keys(read).slice(0, 3)).toEqual(["found", "truncated", "cf_number_0"]);
    expect(Object.keys(read).length).toBeGreaterThan(30);
    expect(text.length).toBeLessThanOrEqual(1_000);
  });
});

describe("a run", () => {
  it("is its exit as TEXT, and its exit and outputs as KEY_VALUE", async () => {
    const definition = definitionOf([
      queryNode("caller", { next: "done", onNotFound: "done", onTimeout: "done" }),
      endNode("done", ["caller.uname", "caller.status", "caller.stage"]),
    ]);
    const { ivrFlow } = await server.ok(IvrFlowService.method.createIvrFlow, { companyId, name: "Text", definition });
    const path = `/v1/callcenter/companies/${companyId}/ivr_flows/${ivrFlow?.id}:run`;
    const run = (format: string, tel: string) => ask(path, { format, "inputs[tel]": tel }, { format, inputs: { tel } });
    expect(await run("TEXT", "+12125550102")).toEqual({ type: plainText, text: "exit of done" });
    expect((await run("KEY_VALUE", "+12125550102")).text).toBe(
      "exit=exit%20of%20done&outcome=ENDED&truncated=false&caller_uname=Anna%20Archer&caller_status=found&caller_stage",
    );
    expect((await run("KEY_VALUE", "anonymous")).text).toBe(
      "exit=exit%20of%20done&outcome=ENDED&truncated=false&caller_uname&caller_status=withheld&caller_stage",
    );
  });
});
