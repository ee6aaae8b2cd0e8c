import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { createSecretCipher } from "../../src/db/secret-cipher.js";
import { AuditService, RecordKind } from "../../src/gen/proto/moego/admin/v1/audit_service_pb.js";
import { CardAdminService } from "../../src/gen/proto/moego/admin/v1/card_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createStripeKeyRepository } from "../../src/resources/cards/stripe-key.repository.js";
import { createDatabase } from "../support/database.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { sessionObject, signedEvent, startStripe } from "../support/stripe.js";

const stripe = await startStripe();
const lines: string[] = [];
const server = await startServer({
  environment: {
    ...{ STRIPE_API_URL: stripe.url, LOG_LEVEL: "info", LOG_FORMAT: "json" },
    ...{ STRIPE_API_KEY: "sk_test_of_the_environment", STRIPE_WEBHOOK_SECRET: "whsec_of_the_environment" },
  },
  log: { write: (line) => lines.push(line) },
});
afterAll(async () => {
  await server.stop();
  await stripe.stop();
});

const { setStripeKeys, getStripeAccount, listCustomerCards } = CardAdminService.method;
const { listChanges } = AuditService.method;
const companyId = "cmp_a";
const customerId = "cus_a2";
const keysOfA = { apiKey: "rk_test_of_company_a", webhookSecret: "whsec_of_company_a" };
const keysOfC = { apiKey: "sk_test_of_company_c", webhookSecret: "whsec_of_company_c" };
const completed = "checkout.session.completed";

const newLink = async () => (await server.ok(CustomerService.method.genCustomerCofLink, { id: customerId })).link;
const press = (link: string) => fetch(link, { method: "POST", redirect: "manual" });
const cards = async () => (await server.ok(listCustomerCards, { companyId, customerId })).cards;
const lastSession = () => {
  const session = stripe.sessions.at(-1);
  if (!session) throw new Error("no session");
  return session;
};

function report(
  session = lastSession(),
  { company = companyId, ...more }: { company?: string; secret?: string; timestamp?: number; type?: string } = {},
) {
  const { payload, headers } = signedEvent(more.type ?? completed, sessionObject(session), {
    secret: keysOfA.webhookSecret,
    ...more,
  });
  return fetch(`${server.app.httpUrl}/webhooks/stripe/${company}`, { method: "POST", headers, body: payload });
}

/** A link whose session the person has completed. */
async function completedLink() {
  const link = await newLink();
  expect((await press(link)).status).toBe(303);
  const session = lastSession();
  stripe.complete(session.id);
  return { link, session };
}

/** What the audit log has of the customer's cards, newest first. */
async function confirmations() {
  const record = { kind: RecordKind.CUSTOMER, id: customerId };
  const { changes } = await server.ok(listChanges, { companyId, record, pagination: {} });
  return changes.filter(({ changedFields }) => changedFields.includes("cards"));
}

function confirmed(rpc: string) {
  return expect.objectContaining({ rpc, keyId: "", staffId: "", clientAddress: "", changedFields: ["cards"] });
}

describe("the Stripe keys of a company", () => {
  it("are those of the environment only in a deployment of one company", async () => {
    expect(await server.ok(getStripeAccount, { companyId })).toMatchObject({ account: { configured: false } });
    const test = await createDatabase();
    const database = openDatabase({ url: test.serviceUrl, size: 1, log: silentLog });
    const stored = createStripeKeyRepository(database, createSecretCipher([Buffer.alloc(32, 1)]), keysOfA);
    const insert = (id: string) =>
      test.owner.query("INSERT INTO company (id, name, country, time_zone) VALUES ($1, 'A', 'US', 'UTC')", [id]);
    const { signal } = new AbortController();
    await insert("one");
    expect(await stored.find("one", signal)).toEqual(keysOfA);
    expect(await stored.find("two", signal)).toBeUndefined();
    await insert("two");
    expect(await stored.find("one", signal)).toBeUndefined();
    await database.close();
    await test.drop();
  });

  it("are refused if they are something else", async () => {
    const refusal = await server.refused(setStripeKeys, { companyId, apiKey: "pk_test_1", webhookSecret: "sk_test_1" });
    expect(refusal.violations.map(({ field }) => field)).toEqual(["api_key", "webhook_secret"]);
    expect(JSON.stringify(refusal)).not.toContain("_test_1");
    const half = await server.refused(setStripeKeys, { companyId, apiKey: "sk_test_1" });
    expect(half.violations).toMatchObject([{ field: "webhook_secret", reason: "REQUIRED" }]);
  });

  it("lead to Stripe, are stored encrypted, and can be removed", async () => {
    const link = await newLink();
    expect(await (await fetch(link)).text()).not.toContain("<form");
    const webhookUrl = `${server.app.httpUrl}/webhooks/stripe/${companyId}`;
    expect(await server.ok(setStripeKeys, { companyId, ...keysOfA })).toMatchObject({
      account: { companyId, configured: true, webhookUrl },
    });
    expect(await (await fetch(link)).text()).toContain('<button type="submit">Continue to Stripe</button>');
    const { rows } = await server.database.owner.query("SELECT s::text AS row, sealed FROM company_secret s");
    expect(rows).toHaveLength(2);
    for (const { row, sealed } of rows) expect(row + sealed.toString("latin1")).not.toMatch(/company_a/);
    await server.ok(setStripeKeys, { companyId });
    await server.ok(setStripeKeys, { companyId });
    expect(await (await fetch(link)).text()).not.toContain("<form");
    const changes = await server.database.owner.query(
      "SELECT changed_fields FROM change WHERE kind = 'company' AND resource_id = $1",
      [companyId],
    );
    expect(changes.rows).toEqual([{ changed_fields: ["stripe_keys"] }, { changed_fields: ["stripe_keys"] }]);
  });
});

describe("the button of the page", () => {
  beforeAll(async () => {
    await server.ok(setStripeKeys, { companyId, ...keysOfA });
  });

  it("leads to a session in setup mode that knows the link, and not its token", async () => {
    const link = await newLink();
    const response = await press(link);
    const session = lastSession();
    expect([response.status, response.headers.get("location")]).toEqual([303, session.url]);
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(session.apiKey).toBe(keysOfA.apiKey);
    expect(Object.fromEntries(session.params)).toEqual({
      ...{ mode: "setup", "payment_method_types[0]": "card", customer_creation: "always" },
      ...{ client_reference_id: expect.stringMatching(/^cof_/), "metadata[moego_company]": companyId },
      "metadata[moego_card_link]": session.params.get("client_reference_id"),
      success_url: `${server.app.httpUrl}/cof/done`,
      cancel_url: `${server.app.httpUrl}/cof/canceled`,
    });
    expect(await (await fetch(`${server.app.httpUrl}/cof/done`)).text()).toContain("Thank you");
    expect(await (await fetch(`${server.app.httpUrl}/cof/canceled`)).text()).toContain("No card was added");
  });

  it("is pressed by nothing but a POST of the same site", async () => {
    const link = await newLink();
    const before = stripe.requests.length;
    await fetch(link);
    await fetch(link, { method: "HEAD" });
    const foreign = await fetch(link, { method: "POST", headers: { origin: "https://evil.example" } });
    expect(foreign.status).toBe(403);
    expect(stripe.requests.length).toBe(before);
  });

  it("leads to one session, however often it is pressed and however many at a time", async () => {
    const link = await newLink();
    const before = stripe.sessions.length;
    const presses = await Promise.all(Array.from({ length: 8 }, () => press(link)));
    presses.push(await press(link));
    expect(stripe.sessions.length).toBe(before + 1);
    expect(new Set(presses.map(({ headers }) => headers.get("location")))).toEqual(new Set([lastSession().url]));
  });

  it("leads to a new session when the former one has expired, to the same for all", async () => {
    const link = await newLink();
    await press(link);
    const former = lastSession();
    stripe.expire(former.id);
    const presses = await Promise.all(Array.from({ length: 5 }, () => press(link)));
    expect(lastSession().id).not.toBe(former.id);
    expect(new Set(presses.map(({ headers }) => headers.get("location")))).toEqual(new Set([lastSession().url]));
    stripe.complete(former.id);
    expect((await report(former)).status).toBe(200);
    expect(await cards()).toEqual([]);
  });

  it.each([
    [400, { type: "invalid_request_error", message: "No such key: rk_test_of_company_a" }],
    [401, { type: "invalid_request_error" }],
    [500, {}],
    [429, {}],
  ])(
    "tells the person when Stripe answers %i, logs no value of it, and works again afterwards",
    async (status, error) => {
      const link = await newLink();
      lines.length = 0;
      stripe.failNext(status, error);
      const failed = await press(link);
      expect(failed.status).toBe(503);
      expect(await failed.text()).toContain("If that does not help, contact Alpha Grooming.");
      const logged = lines.map((line) => JSON.parse(line)).find(({ provider }) => provider === "stripe");
      expect(logged).toMatchObject({ operation: "create session", status });
      expect(lines.join("")).not.toMatch(/company_a|No such key/);
      if (status !== 429) expect((await press(link)).status).toBe(303);
    },
  );

  it("opens the page of a company's own domain by a link", async () => {
    const link = await newLink();
    stripe.pageOrigin = "https://pay.example.com";
    const response = await press(link);
    stripe.pageOrigin = "https://checkout.stripe.com";
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(
      `<a class="button" href="${lastSession().url}">Continue to the payment provider</a>`,
    );
  });
});

describe("the confirmation of Stripe", () => {
  beforeAll(async () => {
    await server.ok(setStripeKeys, { companyId, ...keysOfA });
  });

  it("stores the card and uses up the link, once", async () => {
    const { link, session } = await completedLink();
    expect(await cards()).toEqual([]);
    expect(await (await fetch(link)).text()).toContain("Continue to Stripe");
    const deliveries = await Promise.all([report(session), report(session), report(session)]);
    expect(deliveries.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await report(session)).status).toBe(200);
    expect(await cards()).toMatchObject([
      {
        ...{ provider: 1, brand: "mastercard", lastFour: "4444", expiryMonth: 8, expiryYear: 2031 },
        providerCustomerId: session.id.replace("cs_test_", "cus_of_stripe_"),
        paymentMethodId: session.id.replace("cs_test_", "pm_"),
      },
    ]);
    expect(await (await fetch(link)).text()).toContain("Your card is on file");
    expect(await (await press(link)).text()).toContain("Your card is on file");
    expect(await confirmations()).toEqual([confirmed("moego stripe webhook")]);
  });

  it("uses the customer that Stripe has for the person, unless it is gone", async () => {
    const [card] = await cards();
    await press(await newLink());
    expect(lastSession().params.get("customer")).toBe(card?.providerCustomerId);
    stripe.failNext(400, { code: "resource_missing", param: "customer", type: "invalid_request_error" });
    expect((await press(await newLink())).status).toBe(303);
    expect(lastSession().params.get("customer")).toBeNull();
  });

  it("is found by the button too, before its event arrives", async () => {
    const { link, session } = await completedLink();
    const before = (await cards()).length;
    expect(await (await press(link)).text()).toContain("Your card is on file");
    expect(await cards()).toHaveLength(before + 1);
    expect((await report(session)).status).toBe(200);
    expect(await cards()).toHaveLength(before + 1);
    expect((await confirmations())[0]).toEqual(confirmed("moego card page"));
  });

  it("counts for a link that expired while the person entered the card", async () => {
    const { session } = await completedLink();
    const before = (await cards()).length;
    await server.database.owner.query("UPDATE card_link SET expired_time = now() WHERE provider_session_id = $1", [
      session.id,
    ]);
    await report(session);
    expect(await cards()).toHaveLength(before + 1);
  });

  it.each([
    ["the secret of another company", { secret: keysOfC.webhookSecret }],
    ["the secret of the environment", { secret: "whsec_of_the_environment" }],
    ["a signature that is too old", { timestamp: Math.floor(Date.now() / 1_000) - 301 }],
    ["a company without keys", { company: "cmp_c" }],
    ["no such company", { company: "cmp_none" }],
    ["no id of a company", { company: "a/b%00" }],
  ])("is refused with %s, and changes nothing", async (_, more) => {
    const { link, session } = await completedLink();
    const before = await cards();
    const refused = await report(session, more);
    expect(refused.status).toBe(400);
    expect(await cards()).toEqual(before);
    expect(await (await fetch(link)).text()).toContain("Continue to Stripe");
  });

  it("is refused without a signature, with a changed body, and by any method but POST", async () => {
    const { session } = await completedLink();
    const { payload, headers } = signedEvent(completed, sessionObject(session), { secret: keysOfA.webhookSecret });
    const before = await cards();
    const url = `${server.app.httpUrl}/webhooks/stripe/${companyId}`;
    const sent = [
      { body: payload },
      { body: payload.replace("complete", "complete "), headers },
      { body: `${payload} `, headers },
    ].map((init) => fetch(url, { method: "POST", ...init }));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([400, 400, 400]);
    expect((await fetch(url)).status).toBe(405);
    expect(await cards()).toEqual(before);
    expect((await fetch(url, { method: "POST", body: payload, headers })).status).toBe(200);
    expect((await cards()).length).toBe(before.length + 1);
  });

  it("of another company's account touches no link of this one", async () => {
    const { link, session } = await completedLink();
    const before = await cards();
    await server.ok(setStripeKeys, { companyId: "cmp_c", ...keysOfC }, { key: keys.c });
    const event = await report(session, { company: "cmp_c", secret: keysOfC.webhookSecret });
    expect(event.status).toBe(200);
    expect(await cards()).toEqual(before);
    expect(await (await fetch(link)).text()).toContain("Continue to Stripe");
  });

  it("of another kind or of another program's session changes nothing", async () => {
    const { session } = await completedLink();
    const before = await cards();
    expect((await report(session, { type: "checkout.session.expired" })).status).toBe(200);
    expect((await report({ ...session, params: new URLSearchParams({ mode: "setup" }) })).status).toBe(200);
    expect((await report({ ...session, id: "cs_test_other" })).status).toBe(200);
    expect(await cards()).toEqual(before);
  });

  it("is sent again if the card cannot be read", async () => {
    const { session } = await completedLink();
    const before = (await cards()).length;
    stripe.failNext(500);
    expect((await report(session)).status).toBe(503);
    expect(await cards()).toHaveLength(before);
    expect((await report(session)).status).toBe(200);
    expect(await cards()).toHaveLength(before + 1);
    // Of a link that is used up, Stripe is not asked again.
    const asked = stripe.requests.length;
    expect((await report(session)).status).toBe(200);
    expect(stripe.requests).toHaveLength(asked);
  });

  it("never shows a token, a key or a card in the log", () => {
    const written = lines.join("");
    expect(written).toContain("stripe webhook");
    expect(written).not.toMatch(/company_a|whsec_|rk_test|4444|mastercard|\/cof\//);
  });
});
