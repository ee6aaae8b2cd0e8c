import { randomBytes } from "node:crypto";
import { Agent, request as send } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type DescMethodUnary, type Message, toBinary } from "@bufbuild/protobuf";
import { credentials, Metadata, makeGenericClientConstructor } from "@grpc/grpc-js";
import { rpcEntries } from "../resources/all-entries.js";
import { ableKey } from "../support/able-key.js";
import { jsonOf } from "../support/clients.js";
import { asAdmin } from "../support/database.js";
import { authorizationOf } from "../support/fixture-keys.js";
import { restRequestOf } from "../support/rest-request.js";
import { startServer, type TestServer } from "../support/server.js";
import { startTimed, type TimedService } from "./timed-service.js";

/** Deadlines that the caller sends along. */
export const deadlines = ["gRPC deadline", "Connect deadline"] as const;
/** Ends that the caller makes by itself. */
export const cancels = ["gRPC cancel", "Connect cancel", "REST cancel"] as const;
type Way = (typeof deadlines)[number] | (typeof cancels)[number];

export interface Hurried {
  readonly name: string;
  readonly limitMs: number;
  /** From sending to the end that the caller sees. */
  readonly callerMs: number;
  readonly requestId: string;
}

/** A call that may take so long and no longer. */
interface Plan {
  readonly method: DescMethodUnary;
  readonly request: Message;
  readonly way: Way;
  readonly limitMs: number;
}

/**
 * A service in a process of its own whose every statement on the data of a company waits for a lock, and calls that do
 * not.
 */
export class Hurry implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #grpc;

  private constructor(
    /** Makes what the requests name; the calls go to the service. */
    readonly server: TestServer,
    readonly service: TimedService,
    readonly requests: readonly { readonly method: DescMethodUnary; readonly request: Message }[],
  ) {
    const RawClient = makeGenericClientConstructor({}, "raw");
    this.#grpc = new RawClient(`127.0.0.1:${service.grpcPort}`, credentials.createInsecure());
  }

  static async open(poolSize: number, preload: readonly string[] = []): Promise<Hurry> {
    const server = await startServer();
    const requests: { method: DescMethodUnary; request: Message }[] = [];
    for (const { method, request } of rpcEntries) requests.push({ method, request: await request(server) });
    const environment = {
      DATABASE_POOL_SIZE: String(poolSize),
      DATABASE_POOL_WAIT_MS: "30000",
      DATABASE_LOCK_TIMEOUT_MS: "30000",
      DATABASE_STATEMENT_TIMEOUT_MS: "30000",
      // Its statement runs in the background, of no call, and waits for the locks as well.
      KEY_USE_RETENTION_DAYS: "0",
    };
    return new Hurry(server, await startTimed(server.database, { environment, preload }), requests);
  }

  /** Holds every table of companies' data, while the work runs. The key check reads none of them. */
  async whileLocked<T>(work: () => Promise<T>): Promise<T> {
    const locker = await this.server.database.owner.connect();
    try {
      const { rows } = await locker.query<{ tables: string }>(
        `SELECT string_agg(quote_ident(tablename), ', ') AS tables FROM pg_tables WHERE schemaname = 'public'
           AND tablename NOT IN ('api_key', 'api_key_secret', 'api_key_organization', 'company', 'staff')
           AND tablename NOT LIKE '\\_prisma%'`,
      );
      await locker.query(`BEGIN; LOCK TABLE ${rows[0]?.tables} IN ACCESS EXCLUSIVE MODE`);
      return await work();
    } finally {
      await locker.query("ROLLBACK");
      locker.release();
    }
  }

  /**
   * Sends the calls, so many at once. Each waits until the service answers a probe: a caller that cancels does not wait for
   * the service, so that cancels sent without a pause would queue before it without bound.
   */
  async send(plans: readonly Plan[], atOnce: number): Promise<Hurried[]> {
    const ends: Hurried[] = [];
    const waiting = [...plans];
    const sender = async () => {
      for (let plan = waiting.pop(); plan; plan = waiting.pop()) {
        const requestId = randomBytes(12).toString("hex");
        await (await fetch(`${this.service.httpUrl}/healthz`)).text();
        const startedAt = performance.now();
        await this.#one(plan, requestId);
        const name = `${plan.method.name}, ${plan.way}`;
        ends.push({ name, limitMs: plan.limitMs, callerMs: performance.now() - startedAt, requestId });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    return ends;
  }

  /** Statements of the service that the database runs. */
  async running(): Promise<number> {
    const { rowCount } = await asAdmin(
      `SELECT FROM pg_stat_activity WHERE datname = '${this.server.database.name}' AND application_name = 'moego'
         AND state <> 'idle'`,
    );
    return rowCount ?? -1;
  }

  /** Connections that are not in the pool, and calls that wait for one. */
  async missing(): Promise<number> {
    const text = await (await fetch(`${this.service.httpUrl}/metrics`)).text();
    const gauge = (state: string) =>
      Number(new RegExp(`moego_database_connections{state="${state}"} (\\d+)`).exec(text)?.[1]);
    return gauge("in_use") + gauge("waiting");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#grpc.close();
    this.#agent.destroy();
    await this.service.stop();
    await this.server.stop();
  }

  async #one({ method, request, way, limitMs }: Plan, requestId: string): Promise<void> {
    const headers = { authorization: authorizationOf(ableKey(method)), "x-request-id": requestId };
    if (way === "gRPC deadline" || way === "gRPC cancel") {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      const same = (bytes: Buffer) => bytes;
      const path = `/${method.parent.typeName}/${method.name}`;
      const options = way === "gRPC deadline" ? { deadline: Date.now() + limitMs } : {};
      const bytes = Buffer.from(toBinary(method.input, request));
      await new Promise<void>((resolve) => {
        const sent = this.#grpc.makeUnaryRequest(path, same, same, bytes, metadata, options, () => resolve());
        if (way === "gRPC cancel") setTimeout(() => sent.cancel(), limitMs);
      });
      return;
    }
    const json = jsonOf(method.input, request);
    const isDeadline = way === "Connect deadline";
    const { verb, target, body } =
      way === "REST cancel"
        ? restRequestOf(method, json)
        : { verb: "POST", target: `/${method.parent.typeName}/${method.name}`, body: JSON.stringify(json) };
    await new Promise<void>((resolve) => {
      const sent = send(`${this.service.httpUrl}${target}`, {
        agent: this.#agent,
        method: verb,
        headers: {
          ...headers,
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
          ...(isDeadline ? { "connect-timeout-ms": String(limitMs) } : {}),
        },
      });
      const timer = isDeadline ? undefined : setTimeout(() => sent.destroy(), limitMs);
      sent
        .on("response", (response) => response.resume())
        .on("error", () => {}) // cut off, as it should be
        .on("close", () => {
          clearTimeout(timer);
          resolve();
        })
        .end(body);
    });
  }
}

/** Waits as long as a statement may still run after its call has ended. */
export function aSecondLater(): Promise<void> {
  return sleep(1_000);
}
