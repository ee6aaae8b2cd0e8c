import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { startServer, type TestServer } from "../support/server.js";

const lines: string[] = [];
const environment = { LOG_LEVEL: "info", LOG_FORMAT: "json" };
const server = await startServer({ environment, log: { write: (line) => lines.push(line) } });
const demo = await startServer({ hasDemo: true });
afterAll(async () => {
  await server.stop();
  await demo.stop();
});

const id = "cus_a1";
const unknownToken = "A".repeat(43);

async function newLink(from: TestServer = server, customerId = id): Promise<string> {
  return (await from.ok(CustomerService.method.genCustomerCofLink, { id: customerId })).link;
}

const hashOf = "sha256($1::bytea)";
const tokenOf = (link: string) => link.slice(link.lastIndexOf("/") + 1);

/** A link in each of its states. */
const states = {
  valid: () => newLink(),
  async used() {
    const link = await newLink();
    await set(`used_time = now()`, link);
    return link;
  },
  async expired() {
    const link = await newLink();
    await set(`expired_time = clock_timestamp()`, link);
    return link;
  },
  unknown: async () => `${server.app.httpUrl}/cof/${unknownToken}`,
};

async function set(change: string, link: string): Promise<void> {
  const { rowCount } = await server.database.owner.query(
    `UPDATE card_link SET ${change} WHERE token_hash = ${hashOf}`,
    [tokenOf(link)],
  );
  expect(rowCount).toBe(1);
}

async function linkRow({ database }: TestServer, link: string) {
  const { rows } = await database.owner.query("SELECT l::text AS row FROM card_link l WHERE token_hash = sha256($1)", [
    tokenOf(link),
  ]);
  return rows[0]?.row;
}

const cardsOf = async ({ database }: TestServer) =>
  (await database.owner.query("SELECT * FROM customer_card WHERE id <> 'card_a1'")).rows;

describe("the page of a card link", () => {
  const shown = {
    valid: [200, "Add a payment card"],
    used: [200, "Your card is on file"],
    expired: [410, "This link has expired"],
    unknown: [410, "This link is not valid"],
  } as const;

  it.each(Object.entries(states))("is a page without an API key when the link is %s", async (state, make) => {
    const [status, title] = Object.entries(shown).find(([name]) => name === state)?.[1] ?? [];
    const response = await fetch(await make());
    const html = await response.text();
    expect({ status: response.status, heading: /<h1>(.*)<\/h1>/.exec(html)?.[1] }).toEqual({ status, heading: title });
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain(`<title>${title}</title>`);
  });

  it.each(Object.entries(states))("answers HEAD as GET, without a body, when the link is %s", async (_, make) => {
    const link = await make();
    const [get, head] = [await fetch(link), await fetch(link, { method: "HEAD" })];
    expect(head.status).toBe(get.status);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });

  it.each(["", "/", "/x", `/${"A".repeat(44)}`, `/${unknownToken}/more`, "/%00", "/..%2f"])(
    "is a page for the path /cof%s too",
    async (rest) => {
      const response = await fetch(`${server.app.httpUrl}/cof${rest}`);
      expect(response.status).toBe(410);
      expect(await response.text()).toContain("This link is not valid");
    },
  );

  it.each([...Object.entries(states), ["refused", async () => `${await newLink()}#PUT`] as const])(
    "gives the secret of its address to nobody, runs nothing, and is kept nowhere: %s",
    async (_, make) => {
      const link = await make();
      const response = await fetch(link, link.endsWith("PUT") ? { method: "PUT" } : {});
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
      });
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy.split("; ")).toEqual([
        "default-src 'none'",
        expect.stringMatching(/^style-src 'sha256-[\w+/=]{44}'$/),
        "form-action 'self' https://checkout.stripe.com",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ]);
      const html = await response.text();
      expect(html).not.toContain(tokenOf(link).slice(0, 43));
      expect(html).not.toMatch(/<script|<iframe|<img|<link|<input|\bon\w+=/i);
    },
  );

  it("says whom to ask without a payment provider, and offers no button", async () => {
    const html = await (await fetch(await newLink())).text();
    expect(html).toContain("Contact Alpha Grooming and ask how to give them your card.");
    expect(html).not.toContain("<form");
  });

  it("shows a name with markup as text", async () => {
    const { owner } = server.database;
    await owner.query(`UPDATE company SET name = '<b>"A" & ''B''</b>' WHERE id = 'cmp_a'`);
    try {
      const html = await (await fetch(await newLink())).text();
      expect(html).toContain("Contact &#60;b&#62;&#34;A&#34; &#38; &#39;B&#39;&#60;/b&#62; and ask");
      expect(html).not.toContain("<b>");
    } finally {
      await owner.query("UPDATE company SET name = 'Alpha Grooming' WHERE id = 'cmp_a'");
    }
  });

  it("counts the link to an archived customer as expired", async () => {
    const link = await newLink();
    const archive = (time: string) =>
      server.database.owner.query(`UPDATE customer SET archived_time = ${time} WHERE id = $1`, [id]);
    await archive("now()");
    try {
      expect((await fetch(link)).status).toBe(410);
    } finally {
      await archive("NULL");
    }
    expect((await fetch(link)).status).toBe(200);
  });

  it("supports no other method, and changes nothing by one", async () => {
    const link = await newLink(demo);
    const before = await linkRow(demo, link);
    for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await fetch(link, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    }
    expect(await linkRow(demo, link)).toBe(before);
  });

  it("logs its request without the token", async () => {
    lines.length = 0;
    const link = await newLink();
    await fetch(link, { headers: { "x-request-id": "page-of-a-card" } });
    await fetch(`${server.app.httpUrl}/cof/${unknownToken}`);
    await expect.poll(() => lines.filter((line) => line.includes('"card link"')).length).toBe(2);
    const line = JSON.parse(lines.find((text) => text.includes("page-of-a-card")) ?? "{}");
    expect(line).toMatchObject({ page: "card link", method: "GET", status: 200, companyId: "cmp_a" });
    expect(line.resourceIds).toEqual([expect.stringMatching(/^cof_/)]);
    expect(lines.join("")).not.toContain(tokenOf(link));
    expect(lines.join("")).not.toContain(unknownToken);
  });

  it("makes strangers who guess wait, and nobody whose link is known", async () => {
    const link = await newLink();
    // More than the budget of an address, but not at once: until the link is looked up, each is an attempt.
    for (let round = 0; round < 20; round += 1) {
      const known = await Promise.all(Array.from({ length: 10 }, () => fetch(link)));
      expect(new Set(known.map(({ status }) => status))).toEqual(new Set([200]));
    }
    const guesses = await Promise.all(
      Array.from({ length: 130 }, () => fetch(`${server.app.httpUrl}/cof/${unknownToken}`)),
    );
    const late = guesses.find(({ status }) => status === 429);
    expect(late?.headers.get("retry-after")).toBe("1");
    expect(await late?.text()).toContain("Too many requests");
  });
});

describe("the page in demo mode", () => {
  let link = "";
  beforeAll(async () => {
    link = await newLink(demo);
  });

  it("has a button to confirm, and no field for a card", async () => {
    const html = await (await fetch(link)).text();
    expect(html).toContain('<form method="post"><button type="submit">Confirm</button></form>');
    expect(html).not.toMatch(/<input|<textarea|<select/);
  });

  it("refuses a form of another site, and changes nothing", async () => {
    const before = await linkRow(demo, link);
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      const response = await fetch(link, { method: "POST", headers });
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("Open the link again")]);
    }
    expect(await linkRow(demo, link)).toBe(before);
    expect(await cardsOf(demo)).toEqual([]);
  });

  it("is used up by the button alone, once, with a sample card", async () => {
    await fetch(link);
    await fetch(link, { method: "HEAD" });
    expect(await cardsOf(demo)).toEqual([]);
    const origin = new URL(link).origin;
    const posts = await Promise.all([1, 2, 3].map(() => fetch(link, { method: "POST", headers: { origin } })));
    for (const post of posts) expect(await post.text()).toContain("Your card is on file");
    expect(await cardsOf(demo)).toEqual([
      expect.objectContaining({
        company_id: "cmp_a",
        customer_id: id,
        provider: "DEMO",
        brand: "visa",
        last_four: "4242",
      }),
    ]);
    const { rows } = await demo.database.owner.query(
      "SELECT kind, resource_id, version, rpc, key_id FROM change WHERE changed_fields = '{cards}'",
    );
    expect(rows).toEqual([
      { kind: "customer", resource_id: id, version: expect.any(String), rpc: "moego card page", key_id: "" },
    ]);
    expect(await (await fetch(link)).text()).toContain("Your card is on file");
  });

  it("confirms no link that has expired", async () => {
    const expired = await newLink(demo);
    await demo.database.owner.query("UPDATE card_link SET expired_time = now() WHERE token_hash = sha256($1)", [
      tokenOf(expired),
    ]);
    const before = (await cardsOf(demo)).length;
    expect((await fetch(expired, { method: "POST" })).status).toBe(410);
    expect(await cardsOf(demo)).toHaveLength(before);
  });
});

it("without demo data the button's request stores nothing", async () => {
  const response = await fetch(await newLink(), { method: "POST" });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("Contact Alpha Grooming");
  expect(await cardsOf(server)).toEqual([]);
});
