import { afterAll, beforeAll, expect, it } from "vitest";
import type { AnyHandler } from "../../src/api/rpc.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { callRest, type Outcome } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

/** Text of the response; undefined for none. */
let text: string | undefined;
let world: World;
beforeAll(async () => {
  const queryCustomer: AnyHandler = async () => ({ answer: { id: "cus_1" }, ...(text === undefined ? {} : { text }) });
  world = await startWorld({
    services: [CallerService],
    handlers: new Map([["moego.callcenter.v1.CallerService/QueryCustomer", queryCustomer]]),
    corsOrigins: ["https://app.example.com"],
  });
});
afterAll(() => world[Symbol.asyncDispose]());

const path = "/v1/customers:query";

async function ask(response: string | undefined, options: Parameters<typeof callRest>[2] = {}): Promise<Outcome> {
  text = response;
  return callRest(world, path, options);
}

const plainHeaders = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

it("returns the text as the body, in UTF-8, by GET and by POST", async () => {
  for (const options of [{}, { body: "{}" }]) {
    const outcome = await ask('name=Zoë & "Co"', options);
    expect(outcome.httpStatus).toBe(200);
    expect(outcome.body.toString("utf8")).toBe('name=Zoë & "Co"');
    expect(outcome.headers).toMatchObject({ ...plainHeaders, "content-length": "16" });
  }
});

it("returns an empty text as an empty body, and JSON if there is no text", async () => {
  const empty = await ask("");
  expect(empty.body).toHaveLength(0);
  expect(empty.headers).toMatchObject({ ...plainHeaders, "content-length": "0" });
  const none = await ask(undefined);
  expect(none.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(none.body.toString())).toEqual({ id: "cus_1" });
});

it("answers HEAD with the headers of GET", async () => {
  const head = await ask("Zoë", { method: "HEAD" });
  expect(head.body).toHaveLength(0);
  expect(head.headers).toMatchObject({ ...plainHeaders, "content-length": "4" });
});

it("compresses a long text for a client that reads gzip", async () => {
  const long = "Zoë ".repeat(1_000);
  text = long;
  const headers = { authorization, "accept-encoding": "gzip" };
  const response = await fetch(`${world.url}${path}`, { headers });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(response.headers.get("vary")).toContain("Accept-Encoding");
  expect(await response.text()).toBe(long);
  expect(Number(response.headers.get("content-length"))).toBeLessThan(1_000);
});

it("lets a page of an allowed origin read the text and the ignored names", async () => {
  text = "Zoë";
  const headers = { authorization, origin: "https://app.example.com" };
  const response = await fetch(`${world.url}${path}?CallSid=CA1`, { headers });
  expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
  expect(response.headers.get("access-control-expose-headers")).toContain("moego-ignored");
  expect(response.headers.get("moego-ignored")).toBe("CallSid");
  expect(await response.text()).toBe("Zoë");
});

it("reports errors as JSON", async () => {
  const outcome = await ask("Zoë", { body: "[" });
  expect(outcome.headers["content-type"]).toBe("application/json");
  expect(outcome.refusal?.reason).toBe("MALFORMED_REQUEST");
});

it("does not change the response of Connect", async () => {
  text = "Zoë";
  const response = await fetch(`${world.url}/moego.callcenter.v1.CallerService/QueryCustomer`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: "{}",
  });
  expect(await response.json()).toMatchObject({ answer: { id: "cus_1" }, text: "Zoë" });
});
