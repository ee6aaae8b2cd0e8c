import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { environmentOf, type Service, secrets, startService } from "../server/service.js";
import { createDatabase } from "../support/database.js";
import { Callers, type Sent, type Target } from "./drained-callers.js";
import { randomOf, record, times } from "./run.js";

const random = randomOf("O3");
const callerCount = 18;

interface Seen {
  readonly answered: number;
  /** Calls that the server had begun, by its log or by what it stored, and whose callers got no answer or a refusal. */
  readonly failed: readonly Sent[];
  /** Calls without an answer that the server never began: sent to a closing connection or a closed port. */
  readonly unread: number;
  readonly codes: readonly (number | null)[];
}

/** Stops the service under load and starts it anew, again and again. */
async function stopped(stops: number, { signal }: { readonly signal: NodeJS.Signals }): Promise<Seen> {
  await using database = await createDatabase();
  const environment = { ...environmentOf(database), SEED_DEMO: "1", LOG_LEVEL: "info" };
  const targetOf = ({ httpUrl, grpcPort }: Service): Target => ({ httpUrl, grpcPort, secret: secrets.DEMO_API_KEY });
  let service = await startService(environment);
  await using _last = { [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
  let target = targetOf(service);
  const begun = new Set<string>();
  const codes: (number | null)[] = [];
  const callers = new Callers(callerCount, () => target);
  const end = async () => {
    service.child.kill(signal);
    const { code, stderr } = await service.ended;
    codes.push(code);
    for (const [, requestId = ""] of stderr.matchAll(/"requestId":"([0-9a-f]{24})"/g)) begun.add(requestId);
  };
  for (let stop = 1; stop <= stops; stop += 1) {
    await callers.reach(50 + random.below(100));
    await sleep(random.below(50));
    await end();
    if (stop === stops) break;
    service = await startService(environment);
    target = targetOf(service);
  }
  await callers.stop();
  const { rows } = await database.owner.query<{ id: string }>("SELECT DISTINCT request_id AS id FROM change");
  for (const { id } of rows) begun.add(id);
  const bad = callers.sent.filter((sent) => sent.end !== "ok");
  const failed = bad.filter(({ requestId }) => begun.has(requestId));
  return { answered: callers.sent.length - bad.length, failed, unread: bad.length - failed.length, codes };
}

it("O3: SIGTERM under load fails no call that was accepted", async (context) => {
  const stops = times({ short: 10, long: 50 });
  const { answered, failed, unread, codes } = await stopped(stops, { signal: "SIGTERM" });
  const zeros = codes.filter((code) => code === 0).length;
  record(context, {
    id: "O3",
    done: `${callerCount} clients (gRPC, HTTP/1.1, plain HTTP/2), ${stops} times SIGTERM and restart`,
    seen: `${answered} requests completed, ${failed.length} failed that the server had read, ${unread} that it had not read (closed port); exit 0 ${zeros} times`,
    must: `0 failed that were read, exit 0 ${stops} times`,
  });
  expect(failed).toEqual([]);
  expect(codes).toEqual(codes.map(() => 0));
  expect(answered).toBeGreaterThan(stops * callerCount);
});

it("O3 control: a stop that waits for nothing fails calls", async (context) => {
  const { answered, failed, codes } = await stopped(2, { signal: "SIGKILL" });
  record(context, {
    id: "O3 control",
    done: `${callerCount} clients, ${codes.length} times SIGKILL`,
    seen: `${answered} requests completed, ${failed.length} failed that the server had read`,
    must: "some failed",
  });
  expect(failed.length).toBeGreaterThan(0);
});
