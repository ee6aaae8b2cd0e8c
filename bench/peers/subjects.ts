import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { hashSecret } from "../../src/core/key-secrets.js";
import { secret } from "../rows.js";
import { type Service, startService } from "../service.js";
import { comparedReads, comparedWrites, type Operation, peerOperations, type Transport } from "./load-order.js";
import type { Part } from "./parts.js";
import { withMigrationsOf } from "./setting.js";

/** A server that is measured over one transport. */
export interface Subject {
  readonly name: string;
  readonly transport: Transport;
  readonly pid: number;
  readonly port: number;
  readonly operations: readonly Operation[];
}

export interface Subjects {
  readonly all: readonly Subject[];
  /** This build and the earlier one, as single processes. */
  readonly services: readonly NamedService[];
  stop(): Promise<void>;
}

export const ours = "this build";
export const before = "earlier build";
export const workers = "this build, WORKERS=2";

/** The peers: name, transport and program. */
const peers: readonly (readonly [name: string, transport: Transport, program: string])[] = [
  ["Fastify + pg", "REST", "fastify-pg.mjs"],
  ["Fastify + Prisma", "REST", "fastify-prisma.mjs"],
  ["grpc-js + protobuf-es + pg", "gRPC", "grpc-pg.mjs"],
  ["grpc-js + proto-loader + pg", "gRPC", "grpc-proto-loader-pg.mjs"],
  ["NestJS gRPC + Prisma", "gRPC", "nest-prisma.mjs"],
];

interface Start {
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** File of the recorded statements. */
  readonly statements: string;
  /** Folder of an earlier build. */
  readonly earlier: string | undefined;
  readonly parts: ReadonlySet<Part>;
}

/** Starts everything that is measured, on one database. All of it keeps running, and idles while others are measured. */
export async function startSubjects(start: Start): Promise<Subjects> {
  const { dataDir, databaseUrl, earlier, parts } = start;
  const services: NamedService[] = [];
  const children: ChildProcess[] = [];
  const stop = async () => {
    for (const child of children) child.kill();
    for (const { service } of services) await service.stop();
  };
  try {
    services.push({ name: ours, service: await startService(dataDir) });
    if (earlier) {
      const startEarlier = () => startService(dataDir, { folder: earlier });
      services.push({ name: before, service: await withMigrationsOf(earlier, databaseUrl, startEarlier) });
    }
    const single = [...services];
    const hasMore = parts.has("calls") || parts.has("memory");
    const all = single.flatMap((service) => subjectsOf(service, hasMore));
    if (parts.has("workers")) {
      const together = { name: workers, service: await startService(dataDir, { environment: { WORKERS: "2" } }) };
      services.push(together);
      all.push(...subjectsOf(together, false));
    }
    for (const [name, transport, program] of parts.has("peers") ? peers : []) {
      const child = startPeer(program, start);
      children.push(child);
      const port = await portOf(child, program);
      all.push({ name, transport, pid: child.pid ?? Number.NaN, port, operations: peerOperations });
    }
    return { all, services: single, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface NamedService {
  readonly name: string;
  readonly service: Service;
}

/** @param hasMore whether it is measured beyond what the peers serve */
function subjectsOf({ name, service }: NamedService, hasMore: boolean): Subject[] {
  const { pid, httpUrl, grpcUrl } = service;
  const over = (transport: Transport, url: string, more: readonly Operation[]): Subject => {
    const operations = [...peerOperations, ...(hasMore ? more : [])];
    return { name, transport, pid, port: Number(new URL(url).port), operations };
  };
  return [over("REST", httpUrl, [...comparedWrites, ...comparedReads]), over("gRPC", grpcUrl, comparedReads)];
}

function startPeer(program: string, { databaseUrl, statements }: Start): ChildProcess {
  const environment = {
    DATABASE_URL: databaseUrl,
    STATEMENTS: statements,
    KEY_HASH: hashSecret(secret).toString("base64url"),
  };
  return fork(`bench/peers/${program}`, {
    env: { PATH: process.env["PATH"], NODE_ENV: "production", ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

async function portOf(child: ChildProcess, program: string): Promise<number> {
  const exit = once(child, "exit").then(() => {
    throw new Error(`${program} ended before it listened.`);
  });
  const [message]: { readonly port: number }[] = await Promise.race([once(child, "message"), exit]);
  if (!message) throw new Error(`${program} told no port.`);
  return message.port;
}
