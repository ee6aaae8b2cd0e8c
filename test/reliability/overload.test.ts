import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { GetCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { environmentOf, secrets, startService } from "../server/service.js";
import { compileChild, runChild } from "../support/child.js";
import { createDatabase } from "../support/database.js";
import { timed } from "../support/timed.js";
import { record, times } from "./run.js";

const deadlineMs = 2_000;
const connections = 4;
const peakSeconds = 8;
const recoverySeconds = 8;

interface Second {
  readonly sent: number;
  readonly good: number;
  readonly refused: number;
  /** Not even sent, since the server's bound of calls at once on a connection was reached. */
  readonly heldOff: number;
  readonly late: number;
  readonly failed: number;
}

const request = toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "cus_001" }));
const message = Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request]).toString("base64");

it(
  "O4: at three times the rate that it can serve, the service serves nearly as much as it can",
  timed,
  async (context) => {
    const seconds = times({ short: 20, long: 300 });
    const folder = await mkdtemp(join(tmpdir(), "moego-overload-"));
    await using database = await createDatabase();
    await using service = await startService({ ...environmentOf(database), SEED_DEMO: "1", LOG_LEVEL: "error" });
    const program = await compileChild("support/open-load.ts", folder);
    const load = async (amount: { readonly perSecond?: number; readonly inFlight?: number }, howLong: number) => {
      const order = {
        ...{ url: `http://127.0.0.1:${service.grpcPort}`, message, deadlineMs, ...amount, seconds: howLong },
        path: "/moego.business.customer.v1.CustomerService/GetCustomer",
        authorization: `Bearer ${secrets.DEMO_API_KEY}`,
        connections,
      };
      const { line } = await runChild(program, [JSON.stringify(order)]);
      return secondsOf(line);
    };
    await load({ inFlight: 64 }, 3);
    const peak = perSecond((await load({ inFlight: 64 }, peakSeconds)).slice(1, peakSeconds));
    const overload = await load({ perSecond: Math.round(peak * 3) }, seconds);
    const after = await load({ perSecond: Math.round(peak / 2) }, recoverySeconds);
    const goodput = perSecond(overload.slice(2, seconds));
    const share = Math.round((goodput / peak) * 100);
    const recovered = after.findIndex(({ sent, good }) => good >= sent * 0.99);
    const sum = (of: (second: Second) => number) => overload.reduce((all, second) => all + of(second), 0);
    record(context, {
      id: "O4",
      done: `GetCustomer over gRPC, ${Math.round(peak)} requests/s at its peak; then ${Math.round(peak * 3)} requests/s for ${seconds} s, sent over ${connections} connections by a process on the same cores; responses within ${deadlineMs} ms count`,
      seen: `goodput ${Math.round(goodput)} requests/s, ${share} % of the peak (of ${sum(({ sent }) => sent)} requests ${sum(({ refused }) => refused)} rejected, ${sum(({ heldOff }) => heldOff)} delayed by HTTP/2 flow control, ${sum(({ late }) => late)} late, ${sum(({ failed }) => failed)} failed); half the peak fully served again after ${recovered} s`,
      must: "at least 80 % of the peak, within 5 s",
    });
    await service.stop();
    await rm(folder, { recursive: true, force: true });
    expect(share).toBeGreaterThanOrEqual(80);
    expect(recovered).toBeGreaterThanOrEqual(0);
    expect(recovered).toBeLessThanOrEqual(5);
  },
);

function perSecond(seconds: readonly Second[]): number {
  return seconds.reduce((all, { good }) => all + good, 0) / seconds.length;
}

/** The line that the load prints is an array. */
function secondsOf(line: Readonly<Record<string, unknown>>): Second[] {
  return Object.values(line).map((second) => {
    const number = (name: string) => {
      const value = typeof second === "object" && second !== null ? Reflect.get(second, name) : undefined;
      return typeof value === "number" ? value : 0;
    };
    const [sent, good, refused] = [number("sent"), number("good"), number("refused")];
    return { sent, good, refused, heldOff: number("heldOff"), late: number("late"), failed: number("failed") };
  });
}
