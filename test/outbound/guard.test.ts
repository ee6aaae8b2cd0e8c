import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPublicAddress, targetFault } from "../../src/core/outbound-call.js";
import { createOutbound, type Outbound } from "../../src/outbound/outbound-calls.js";
import { timed } from "../support/timed.js";
import { forbiddenAddresses, forbiddenUrls, loopbackSpellings } from "./forbidden-targets.js";
import { type Packets, watchPackets } from "./packets.js";
import { never, requestTo } from "./request.js";

let packets: Packets;
let guarded: Outbound;
/** What names resolve to; the calls of a test set it. */
let addresses: readonly string[] = [];
let lookups = 0;

const resolve = async () => {
  lookups += 1;
  return addresses;
};

beforeAll(async () => {
  packets = await watchPackets();
  guarded = createOutbound({ allow: new Set(), resolve });
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await packets[Symbol.asyncDispose]();
});

const urlCases = Object.entries(forbiddenUrls).flatMap(([kind, urls]) => urls.map((url) => ({ kind, url })));
const addressCases = Object.entries(forbiddenAddresses).flatMap(([kind, list]) =>
  list.map((address) => ({ kind, address })),
);

describe("the corpus of forbidden targets", () => {
  it("holds at least 200 different ones of more than 30 kinds", () => {
    const targets = new Set([...urlCases.map(({ url }) => url), ...addressCases.map(({ address }) => address)]);
    expect(targets.size).toBe(urlCases.length + addressCases.length);
    expect(targets.size).toBeGreaterThanOrEqual(200);
    expect(new Set([...urlCases, ...addressCases].map(({ kind }) => kind)).size).toBeGreaterThan(30);
  });

  it.each(urlCases)("is refused by its text, without a look-up or a packet: $kind $url", async ({ url }) => {
    await withoutPackets(async () => {
      const target = url.replaceAll("PORT", String(packets.port));
      const before = lookups;
      expect(guarded.targetFault(target)).toMatch(/^Must .*\.$/);
      expect(await guarded.call(requestTo(target), never)).toMatchObject({ failure: "TARGET_FORBIDDEN" });
      expect(lookups).toBe(before);
    });
  });

  it.each(addressCases)("is refused as a literal and behind a name: $kind $address", async ({ address }) => {
    await withoutPackets(async () => {
      const literal = `https://${address.includes(":") ? `[${address}]` : address}:${packets.port}/`;
      expect(await guarded.call(requestTo(literal), never)).toMatchObject({ failure: "TARGET_FORBIDDEN" });
      const named = requestTo(`https://api.example.com:${packets.port}/`);
      for (const list of [[address], ["93.184.215.14", address], [address, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]]) {
        addresses = list;
        expect(await guarded.call(named, never)).toMatchObject({ failure: "TARGET_FORBIDDEN" });
      }
    });
  });

  it("is seen by the listener and by the channel when the guard is off", async () => {
    await using open = createOutbound({ allow: new Set(), guard: false, resolve: async () => ["127.0.0.1"] });
    const unseen: string[] = [];
    for (const spelling of loopbackSpellings) {
      const before = { arrived: packets.arrived(), sockets: packets.sockets() };
      await open.call(requestTo(spelling.replace("PORT", String(packets.port)), { externalApiId: spelling }), never);
      await expect
        .poll(packets.arrived, { timeout: 2_000, interval: 2 })
        .toBeGreaterThan(before.arrived)
        .catch(() => {});
      if (packets.arrived() === before.arrived || packets.sockets() === before.sockets) unseen.push(spelling);
    }
    expect(unseen).toEqual([]);
  });
});

describe("a name that changes its meaning", () => {
  it("is asked once, and the answer that was judged is what is connected to", async () => {
    const answers = [["240.0.0.1"], ["127.0.0.1"]];
    let asked = 0;
    const rebinding = async () => answers[asked++] ?? ["127.0.0.1"];
    await using calls = createOutbound({ allow: new Set(), resolve: rebinding });
    await withoutPackets(async () => {
      const request = requestTo(`https://rebinding.example.com:${packets.port}/`);
      expect(await calls.call(request, never)).toMatchObject({ failure: "TARGET_FORBIDDEN" });
      expect(asked).toBe(1);
    });
  });

  it("leads to the public address although every later answer is loopback", async () => {
    // Public, but nobody is there; if it could be reached the time of the call would end it.
    let asked = 0;
    const rebinding = async () => (asked++ === 0 ? ["192.0.1.1"] : ["127.0.0.1"]);
    await using calls = createOutbound({ allow: new Set(), resolve: rebinding });
    const before = { arrived: packets.arrived(), sockets: packets.sockets() };
    const request = requestTo(`https://rebinding.example.com:${packets.port}/`, { timeoutMs: 300 });
    const answer = await calls.call(request, never);
    expect(["TIMEOUT", "CONNECTION_FAILED"]).toContain(answer.kind === "failed" && answer.failure);
    expect(asked).toBe(1);
    // The negative control: the channel saw the attempt, the listener on loopback did not.
    expect(packets.sockets()).toBeGreaterThan(before.sockets);
    expect(packets.arrived()).toBe(before.arrived);
  });
});

describe("the name servers of this machine", () => {
  it(
    "are asked within the time of the call, and nothing is connected to when they know no address",
    timed,
    async () => {
      await using calls = createOutbound({ allow: new Set() });
      const before = packets.sockets();
      const answer = await calls.call(requestTo("https://no-such-name.invalid/", { timeoutMs: 1_000 }), never);
      expect(["NAME_NOT_RESOLVED", "TIMEOUT"]).toContain(answer.kind === "failed" && answer.failure);
      expect(answer.durationMs).toBeLessThan(2_000);
      expect(packets.sockets()).toBe(before);
    },
  );
});

describe("what may be called", () => {
  it.each([
    ...[
      "https://api.example.com/v1?x=%20",
      "https://API.example.com:8443/",
      "https://8.8.8.8/",
      "https://münchen.example/",
    ],
    ...["https://[2606:4700:4700::1111]/", "https://a_b.example.com/{id}", "https://xn--mnchen-3ya.example/"],
  ])("are public hosts over https: %s", (url) => {
    expect(targetFault(url, new Set())).toBeUndefined();
  });

  it.each(["1.1.1.1", "172.32.0.1", "100.128.0.1", "198.20.0.1", "223.255.255.255", "2a00:1450:4001::1", "2c0f::1"])(
    "are public addresses: %s",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each(["http://127.0.0.1:9000/", "https://127.0.0.1:9000/", "http://2130706433:9000/", "http://crm.internal/"])(
    "are the exceptions of an installation, in any spelling: %s",
    (url) => expect(targetFault(url, new Set(["127.0.0.1:9000", "crm.internal:80"]))).toBeUndefined(),
  );

  it.each(["http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "https://crm.internal/", "http://user@127.0.0.1:9000/"])(
    "are not their neighbours: %s",
    (url) => expect(targetFault(url, new Set(["127.0.0.1:9000", "crm.internal:80"]))).toBeDefined(),
  );

  it("may be one path of a host, and then nothing else there", () => {
    const allowed = new Set(["127.0.0.1:9000/demo/echo"]);
    const faultOf = (path: string) => targetFault(`http://127.0.0.1:9000${path}`, allowed);
    for (const path of ["/demo/echo", "/demo/echo?a=1", "/x/../demo/echo"]) expect(faultOf(path)).toBeUndefined();
    const others = [
      "",
      "/",
      "/metrics",
      "/demo",
      "/demo/echo/",
      "/demo/echo/x",
      "/demo/echo/../../metrics",
      "/demo/ech%6f",
    ];
    for (const path of others) expect(faultOf(path)).toBeDefined();
  });
});

async function withoutPackets(work: () => Promise<void>): Promise<void> {
  const before = { arrived: packets.arrived(), sockets: packets.sockets() };
  await work();
  expect({ arrived: packets.arrived(), sockets: packets.sockets() }).toEqual(before);
}
