import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { hashSecret } from "../../src/core/key-secrets.js";
import { secret } from "../rows.js";
import { type Service, startService } from "../service.js";
import type { Transport } from "./load-order.js";
import { withMigrationsOf } from "./setting.js";

/** A server that is measured over one transport. */
export interface Subject {
  readonly name: string;
  readonly transport: Transport;
  readonly pid: number;
  readonly port: number;
}

export interface Subjects {
  readonly all: readonly Subject[];
  stop(): Promise<void>;
}

export const ours = "this build";
export const before = "earlier build";

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
  readonly earlier?: string | undefined;
}

/** Starts everything that is measured, on one database. All of it keeps running, and idles while others are measured. */
export async function startSubjects({ dataDir, databaseUrl, statements, earlier }: Start): Promise<Subjects> {
  const services: NamedService[] = [];
  const children: ChildProcess[] = [];
  const stop = async () => {
    for (const child of children) child.kill();
    for (const { service } of services) await service.stop();
  };
  try {
    services.push({ name: ours, service: await startService(dataDir) });
    if (earlier) {
      const start = () => startService(dataDir, { folder: earlier });
      services.push({ name: before, service: await withMigrationsOf(earlier, databaseUrl, start) });
    }
    const all = services.flatMap(subjectsOf);
    const environment = {
      DATABASE_URL: databaseUrl,
      STATEMENTS: statements,
      KEY_HASH: hashSecret(secret).toString("base64url"),
    };
    for (const [name, transport, program] of peers) {
      const child = fork(`bench/peers/${program}`, {
        env: { PATH: process.env["PATH"], NODE_ENV: "production", ...environment },
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      children.push(child);
      all.push({ name, transport, pid: child.pid ?? Number.NaN, port: await portOf(child, program) });
    }
    return { all, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface NamedService {
  readonly name: string;
  readonly service: Service;
}

function subjectsOf({ name, service }: NamedService): Subject[] {
  const { pid, httpUrl, grpcUrl } = service;
  return [
    { name, transport: "REST", pid, port: Number(new URL(httpUrl).port) },
    { name, transport: "gRPC", pid, port: Number(new URL(grpcUrl).port) },
  ];
}

async function portOf(child: ChildProcess, program: string): Promise<number> {
  const exit = once(child, "exit").then(() => {
    throw new Error(`${program} ended before it listened.`);
  });
  const [message]: { readonly port: number }[] = await Promise.race([once(child, "message"), exit]);
  if (!message) throw new Error(`${program} told no port.`);
  return message.port;
}
