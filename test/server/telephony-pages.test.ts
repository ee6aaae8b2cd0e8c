import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Service, secrets, startService } from "./service.js";

const directory = "docs/call-center";
const pages = await Promise.all(
  (await readdir(directory)).map(async (name) => ({ name, text: await readFile(join(directory, name), "utf8") })),
);
const key = secrets.DEMO_API_KEY;

/** How each page names a key of the response. */
const keyPatterns: Readonly<Record<string, RegExp>> = {
  "3cx.md": /Path="(\w+)"|<Rule [^>]*>(\w+)</g,
  "amazon-connect.md": /\$\.External\.(\w+)/g,
  "asterisk.md": /HASH\(caller,(\w+)\)/g,
  "freeswitch.md": /`moego_(\w+)`/g,
  "genesys.md": /"(\w+)": \{ "type": "string" \}(?!.*additional)/g,
  "kamailio.md": /jansson_get\("(\w+)"/g,
  "twilio.md": /widgets\.caller\.parsed\.(\w+)/g,
};

let dataDir: string;
let service: Service;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "moego-telephony-"));
  service = await startService({ DATA_DIR: dataDir, DEMO_API_KEY: key });
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function query(parameters: Readonly<Record<string, string>>): Promise<string> {
  const url = `${service.httpUrl}/v1/customers:query?${new URLSearchParams(parameters)}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  return response.text();
}

describe("the pages of telephone systems", () => {
  it("are all known to this test", () => {
    expect(pages.map(({ name }) => name).toSorted()).toEqual(Object.keys(keyPatterns).toSorted());
  });

  it.each(pages)("$name names only keys that every response has", async ({ name, text }) => {
    const named = [...text.matchAll(keyPatterns[name] ?? /$^/g)].flatMap(([, first, second]) => first ?? second ?? []);
    const wanted = new Set(named.filter((word) => !(name === "genesys.md" && word === "tel")));
    expect(wanted.size).toBeGreaterThan(0);
    for (const tel of ["+12125550111", "+12125559999", "anonymous", "x"]) {
      const response = JSON.parse(await query({ tel, format: "TWILIO" }));
      expect(Object.keys(response)).toEqual(expect.arrayContaining([...wanted]));
      const list = new URLSearchParams(await query({ tel, format: "KEY_VALUE" }));
      if (text.includes("KEY_VALUE")) expect([...list.keys()]).toEqual(expect.arrayContaining([...wanted]));
    }
  });

  it.each(pages)("$name asks with parameters that the server knows", async ({ name, text }) => {
    const urls = [...text.matchAll(/\/v1\/customers:query\?([^"\s)]+)/g)].map(([, query = ""]) => query);
    if (urls.length === 0) expect(name).toMatch(/^(?:twilio|amazon-connect|asterisk|kamailio)\.md$/);
    for (const written of urls) {
      const url = `${service.httpUrl}/v1/customers:query?${written.replaceAll("&amp;", "&").replace(/tel=.*?(?=&|$)/, "tel=2125550111")}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
      expect(response.status, url).toBe(200);
      expect(response.headers.get("moego-ignored"), url).toBeNull();
    }
  });
});

describe("the function for Amazon Connect", () => {
  it("runs as printed", async () => {
    const page = pages.find(({ name }) => name === "amazon-connect.md")?.text ?? "";
    const [, code = ""] = /^```js\n([\s\S]*?)^```$/m.exec(page) ?? [];
    process.env["MOEGO_URL"] = service.httpUrl;
    process.env["MOEGO_KEY"] = key;
    const { handler } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const event = (endpoint: unknown) => ({ Details: { ContactData: { CustomerEndpoint: endpoint } } });
    const known = await handler(event({ Address: "+12125550111", Type: "TELEPHONE_NUMBER" }));
    expect(known).toMatchObject({ status: "found", uname: "John Doe", isVip: "1" });
    expect(await handler(event(undefined))).toMatchObject({ status: "withheld", uname: "" });
    expect(Object.values(known).every((value) => typeof value === "string")).toBe(true);
  });
});
