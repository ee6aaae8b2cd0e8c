import { afterAll, expect, it } from "vitest";
import { walks, walkTables } from "../resources/all-entries.js";
import { neighbour, type Walk, walker } from "../resources/walk.js";
import { type PageInit, paged, pageOf } from "../suites/list-pages.js";
import { keyTables } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { randomOf, record, times } from "./run.js";

const server = await startServer({ tables: [...walkTables, ...keyTables([walker, neighbour])] });
afterAll(() => server.stop());

const random = randomOf("P2");
const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
const text = (length: number) => Array.from({ length }, () => random.pick(alphabet)).join("");

/** Ways to come by a token that is none, from a token that is one. */
const forgeries: Readonly<Record<string, (token: string) => string>> = {
  random: () => text(1 + random.below(64)),
  truncated: (token) => token.slice(0, 1 + random.below(token.length - 1)),
  "bit-flipped": (token) => {
    const bytes = Buffer.from(token, "base64url");
    const bit = random.below(bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes.toString("base64url");
  },
  "of another version": (token) => {
    const bytes = Buffer.from(token, "base64url");
    bytes[0] = ((bytes[0] ?? 0) + 1 + random.below(255)) % 256;
    return bytes.toString("base64url");
  },
  "of 65 characters": () => text(65),
  lengthened: (token) => `${token}${text(1 + random.below(8))}`,
};

const walkerOf = (walk: Walk) => (walk.keys ?? { walker }).walker;
const neighbourOf = (walk: Walk) => (walk.keys ?? { neighbour }).neighbour;
const ask = (walk: Walk, pagination: PageInit, key = walkerOf(walk)) =>
  server.call(walk.method, paged(walk, pagination), { key });

/** A walk that has begun: its list and a token that is good. */
const begun = await Promise.all(
  walks.map(async (walk) => {
    const options = { key: walkerOf(walk) };
    const { nextPageToken } = await pageOf({ server, walk, pagination: { pageSize: 5 }, options });
    return { walk, token: nextPageToken };
  }),
);

it("P2: a token that was not given to this walk is refused, whatever it looks like", async (context) => {
  const bad = times({ short: 2_000, long: 10_000 });
  const wrong: string[] = [];
  let sent = 0;
  const expectRefused = async (kind: string, asked: ReturnType<typeof ask>) => {
    sent += 1;
    const answer = await asked;
    if (!answer.ok && answer.code === "INVALID_ARGUMENT" && answer.reason === "PAGE_TOKEN_INVALID") return;
    wrong.push(`${kind}: ${answer.ok ? "rows" : answer.code}`);
  };
  const kinds = Object.entries(forgeries);
  while (sent < bad) {
    const { walk, token } = random.pick(begun);
    const [kind, forge] = random.pick(kinds);
    const forged = forge(token);
    // Digits alone are a page number.
    if (!/^\d{1,7}$/.test(forged)) await expectRefused(kind, ask(walk, { pageToken: forged }));
    const other = random.pick(begun);
    if (other.walk.method !== walk.method) {
      await expectRefused("another rpc's", ask(walk, { pageToken: other.token }));
    }
    await expectRefused("another tenant's", ask(walk, { pageToken: token }, neighbourOf(walk)));
    const { otherRequest } = walk;
    if (otherRequest) {
      await expectRefused("another filter's", ask({ ...walk, request: otherRequest }, { pageToken: token }));
    }
  }
  const good = await Promise.all(begun.map(({ walk, token }) => ask(walk, { pageToken: token })));
  record(context, {
    id: "P2",
    done: `${sent} invalid page tokens for ${walks.length} lists, and ${good.length} valid ones`,
    seen: `${sent - wrong.length} INVALID_ARGUMENT, ${good.filter(({ ok }) => ok).length} valid ones accepted`,
    must: "all invalid ones INVALID_ARGUMENT, all valid ones accepted",
  });
  expect(wrong).toEqual([]);
  expect(good.every(({ ok }) => ok)).toBe(true);
});
