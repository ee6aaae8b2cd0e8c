import type { DescMessage, DescMethodUnary, JsonObject, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import pg from "pg";
import { type App, createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import type { Row, Tables } from "../../src/demo/demo-directory.js";
import { createLogger } from "../../src/server/logger.js";
import type { Answer, Headers, Refusal, Success } from "./answer.js";
import { openClients, type Transport } from "./clients.js";
import { createDatabase, type TestDatabase } from "./database.js";
import { authorizationOf, type FixtureKey, keys, keyTables } from "./fixture-keys.js";
import { fixtureTables } from "./fixtures.js";
import { sendConnectJson, sendRestJson } from "./json-clients.js";
import { printedRestRequestOf } from "./rest-request.js";

export interface CallOptions {
  /** Key `a` unless given; null sends none. */
  readonly key?: Pick<FixtureKey, "secret"> | null;
  readonly transport?: Transport;
  readonly headers?: Headers;
}

export interface JsonCallOptions extends Omit<CallOptions, "transport"> {
  readonly transport?: JsonTransport;
}

/** The transports that take the JSON of the documents. */
export const jsonTransports = ["rest", "connect-json"] as const;

export type JsonTransport = (typeof jsonTransports)[number];

/** The real service on free ports over a database of its own, with clients for every transport. */
export interface TestServer {
  readonly app: App;
  readonly database: TestDatabase;
  /** Calls any rpc on any transport; gRPC unless told otherwise. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<Answer<MessageShape<O>>>;
  /** The message of a call that must succeed. */
  ok<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;
  /** The refusal of a call that must fail. */
  refused<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<Refusal>;
  /** Sends JSON as it stands; REST unless told otherwise. */
  callJson(method: DescMethodUnary, request: JsonObject, options?: JsonCallOptions): Promise<Answer<JsonObject>>;
  insert(tables: Tables): Promise<void>;
  insertKeys(list: readonly FixtureKey[]): Promise<void>;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** Rows to begin with; the fixtures unless given. */
  readonly tables?: Tables;
  readonly environment?: Readonly<Record<string, string>>;
  /** As beside the demo data: the echo answers and may be called. */
  readonly hasDemo?: boolean;
  /** Takes the lines of the log; nothing is logged without LOG_LEVEL. */
  readonly log?: { write(line: string): void };
}

export async function startServer({
  tables = fixtureTables,
  environment = {},
  hasDemo = false,
  log,
}: TestServerOptions = {}): Promise<TestServer> {
  const database = await (tables === fixtureTables ? createFixtureDatabase() : createDatabase());
  const insert = (rows: Tables) => insertTables(database.owner, rows);
  if (tables !== fixtureTables) await insert(tables);
  const config = readConfig({
    HTTP_PORT: "0",
    GRPC_PORT: "0",
    LOG_LEVEL: "silent",
    DRAIN_TIMEOUT_MS: "0",
    // On a busy machine calls queue for longer than the default; what a test means to be refused sets its own time.
    DATABASE_POOL_WAIT_MS: "20000",
    DATABASE_LOCK_TIMEOUT_MS: "20000",
    ...environment,
  });
  const secrets = { pageTokenSecret: "page-token-secret-of-the-tests-0123", secretKey: Buffer.alloc(32, 9) };
  const logger = createLogger(config.log, log);
  const app = await createApp({ config, logger, databaseUrl: database.serviceUrl, secrets, hasDemo });
  const { httpUrl, grpcPort } = app;
  const clients = openClients({ httpUrl, grpcPort });

  const call: TestServer["call"] = (method, request, options = {}) =>
    clients[options.transport ?? "grpc"](method, request, headersOf(options));
  return {
    app,
    database,
    call,
    ok: async (method, request, options) => succeeded(method, await call(method, request, options)).message,
    refused: async (method, request, options) => refused(method, await call(method, request, options)),
    callJson: (method, request, options = {}) =>
      options.transport === "connect-json"
        ? sendConnectJson(httpUrl, method, request, headersOf(options))
        : sendRestJson(httpUrl, printedRestRequestOf(method, request), headersOf(options)),
    insert,
    insertKeys: (list) => insert(keyTables(list)),
    async stop() {
      clients.close();
      await app.stop();
      await database.drop();
    },
  };
}

let fixtureTemplate: Promise<string> | undefined;

/** Most files begin with the fixtures, so each process writes them once and copies the database. */
async function createFixtureDatabase(): Promise<TestDatabase> {
  fixtureTemplate ??= makeFixtureTemplate();
  return await createDatabase(await fixtureTemplate);
}

/** It is dropped at the end of the run, with every database that is left. */
async function makeFixtureTemplate(): Promise<string> {
  const { name, owner } = await createDatabase();
  await insertTables(owner, fixtureTables);
  await owner.end();
  return name;
}

async function insertTables(database: pg.Pool, tables: Tables): Promise<void> {
  for (const [table, rows] of tables) await insertRows(database, table, rows);
}

/** Columns that the first row does not name take their defaults in all rows. */
async function insertRows(database: pg.Pool, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).map((column) => pg.escapeIdentifier(column));
  if (columns.length === 0) return;
  await database.query(
    `INSERT INTO ${pg.escapeIdentifier(table)} (${columns.join(", ")})
     SELECT ${columns.join(", ")} FROM jsonb_populate_recordset(NULL::${pg.escapeIdentifier(table)}, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
}

function headersOf({ key = keys.a, headers = {} }: Omit<CallOptions, "transport">): Headers {
  return { ...(key === null ? {} : { authorization: authorizationOf(key) }), ...headers };
}

/** The success of a call, or an error that says how it was refused. */
export function succeeded<M>(method: DescMethodUnary, answer: Answer<M>): Success<M> {
  if (answer.ok) return answer;
  const { code, reason, text, violations } = answer;
  throw new Error(`${method.name} was refused: ${code} ${reason} "${text}" ${JSON.stringify(violations)}`);
}

export function refused<M>(method: DescMethodUnary, answer: Answer<M>): Refusal {
  if (answer.ok) throw new Error(`${method.name} was not refused`);
  return answer;
}
