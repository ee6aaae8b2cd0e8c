import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { run, until } from "../server/service.js";
import { compileChild } from "../support/child.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { timed } from "../support/timed.js";
import { callSteadily, type Served, together } from "./honest-client.js";
import type { Attack } from "./hostile-connections.js";
import { startObserved } from "./real-service.js";
import { isLong, record, times } from "./run.js";

/**
 * Each alone in the long run. The short one makes some two at once, which is harder on the honest client; not the gzip
 * bomb, which alone costs most of what the measure allows.
 */
const groups = [
  ["4 MiB + 1", "1,001 headers"],
  ["gzip bomb"],
  ["rapid reset", "CONTINUATION flood"],
  ["PING flood"],
  ["1,000 slow readers", "1,000 slow writers"],
];
const attacks = isLong ? groups.flat().map((kind) => [kind]) : groups;
const seconds = times({ short: 20, long: 60 });
/** Without an attack: before the first one, and after each. */
const quietSeconds = { before: 8, between: 4 };
/** By how much an attack outlives its measure: hanging up on a thousand connections at once is not slow. */
const outlivesSeconds = 0.5;
const maxSlower = 3;

const server = await startServer();
const service = await startObserved(server.database);
const folder = await mkdtemp(join(tmpdir(), "moego-attacker-"));
const attacker = await compileChild("reliability/attacker.ts", folder);
const authorization = authorizationOf(keys.a);
afterAll(async () => {
  await service.stop();
  await server.stop();
  await rm(folder, { recursive: true });
});

// What is loaded, compiled and connected once is no harm of an attack.
await callSteadily(service, { authorization }, 3);
await sleep(500);
const base = await service.descriptors();
/** The connections of the pool, which come and go by themselves. */
const poolSize = 10;
/** All that the honest client saw without an attack, over the whole run: what else the machine does is in it. */
let quiet = await callSteadily(service, { authorization }, quietSeconds.before);

for (const kinds of attacks) {
  it(
    `F3: ${kinds.join(" and ")}: an honest client is served as before, and nothing is left behind`,
    timed,
    async (context) => {
      const seen = await attackWith(kinds, seconds);
      record(context, {
        id: "F3",
        done: `${seconds} s of ${seen.told}`,
        seen: textOf(seen),
        must: `0 failed, p99 at most ${maxSlower} times the baseline, 0 crashes, file descriptors released`,
      });
      expect(service.runs()).toBe(true);
      expect(seen.served.refusals).toEqual([]);
      expect(seen.after).toBeLessThanOrEqual(base + poolSize);
      expect(seen.slower).toBeLessThanOrEqual(maxSlower);
    },
  );
}

it("F3: an attack that no guard keeps out does harm the honest client, so the figures would show it", async (context) => {
  const seen = await attackWith(["unlimited requests"], 5);
  record(context, {
    id: "F3 control",
    done: `20 connections per second with 90 valid requests each, 5 s of ${seen.told}`,
    seen: textOf(seen),
    must: `p99 above ${maxSlower} times the baseline, or failed requests`,
  });
  expect(seen.slower > maxSlower || seen.served.refusals.length > 0).toBe(true);
});

interface Seen {
  readonly served: Served;
  /** How many times the quiet p99 the p99 of the honest client was. */
  readonly slower: number;
  /** Descriptors of the service in the midst of the attack. */
  readonly during: number;
  readonly after: number;
  /** What the attacker did. */
  readonly told: string;
}

/** What an honest client sees of attacks, from their first connection on, and which descriptors the service holds. */
async function attackWith(kinds: readonly string[], lasting: number): Promise<Seen> {
  const ports = { httpPort: Number(new URL(service.httpUrl).port), grpcPort: service.grpcPort };
  const attackers = kinds.map((kind) => {
    const orders = { kind, seconds: lasting + outlivesSeconds, authorization, ...ports } satisfies Attack;
    return { kind, child: run(attacker, [JSON.stringify(orders)], {}) };
  });
  await until(() => attackers.every(({ child }) => child.stdout().includes("begun")));
  const [served, during] = await Promise.all([
    callSteadily(service, { authorization }, lasting),
    sleep(lasting * 800).then(() => service.descriptors()),
  ]);
  const told = await Promise.all(attackers.map(async ({ kind, child }) => `${kind}: ${doneBy(await child.ended)}`));
  const after = await settled();
  quiet = together([quiet, await callSteadily(service, { authorization }, quietSeconds.between)]);
  return { served, slower: served.p99Ms / quiet.p99Ms, during, after, told: told.join("; ") };
}

function doneBy({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  const counts: Readonly<Record<string, number>> = JSON.parse(stdout.split("\n")[1] || "{}");
  return `${Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")}${stderr}`;
}

/** The service's descriptors once the attacker is gone and the service had time to see it. */
async function settled(): Promise<number> {
  let held = await service.descriptors();
  for (let tries = 0; tries < 8 && held > base + poolSize; tries += 1) {
    await sleep(500);
    held = await service.descriptors();
  }
  return held;
}

function textOf({ served, slower, during, after }: Seen): string {
  const codes = served.refusals.length > 0 ? ` (${[...new Set(served.refusals)].join(", ")})` : "";
  const p99 = `p99 ${served.p99Ms.toFixed(1)} ms, ${slower.toFixed(1)} times the baseline of ${quiet.p99Ms.toFixed(1)} ms`;
  const descriptors = `file descriptors ${base}, ${during} under attack, ${after} after`;
  return `${served.refusals.length} of ${served.tookMs.length} normal requests failed${codes}; ${p99}; ${descriptors}`;
}
