import { resolve } from "node:path";
import type { z } from "zod";
import type { AddressDetail } from "../core/client-address.js";
import type { CompanyLimits, WriteLimits } from "../core/company-limits.js";
import { isLoopback } from "../core/ip-ranges.js";
import { readAllowedTarget } from "../core/outbound-call.js";
import type { Retention } from "../db/cleanup.js";
import type { RateLimits } from "../server/pipeline/rate-limit.js";
import { companyLimitsSchema } from "./company-limits-schema.js";
import { environmentSchema } from "./config-schema.js";
import { type VariableDoc, variableDocs } from "./variable-docs.js";

/** The configuration of one process, read once from its environment. */
export interface Config {
  readonly host: string;
  /** 0 = any free port. */
  readonly httpPort: number;
  /** 0 = any free port. */
  readonly grpcPort: number;
  /** Processes that serve. */
  readonly workers: number;
  /** Of each port. */
  readonly maxConnections: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Whether only this machine can connect. */
  readonly isLoopback: boolean;
  /** Addresses or ranges whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  /** Without a trailing slash; undefined = the HTTP address of this server. */
  readonly publicBaseUrl: string | undefined;
  readonly database: DatabaseConfig;
  /** Absolute. */
  readonly dataDir: string;
  readonly pageTokenSecret: string | undefined;
  /** 32 bytes in base64. */
  readonly secretKey: string | undefined;
  /** 32 bytes in base64 each. Used only to decrypt existing secrets. */
  readonly previousSecretKeys: readonly string[];
  /** `host:port` entries that external APIs may call although they are not public, and without TLS. */
  readonly externalApiAllow: ReadonlySet<string>;
  readonly stripe: {
    /** Of the only company of the deployment. */
    readonly keys: { readonly apiKey: string; readonly webhookSecret: string } | undefined;
    /** Origin of the Stripe API. */
    readonly apiUrl: string;
  };
  readonly rateLimits: RateLimits;
  /** Calls of one company that run at the same time; further ones wait. */
  readonly callsInFlightPerCompany: number;
  readonly streams: {
    /** Maximum duration of one. */
    readonly maxDurationMs: number;
    /** Of one company that run at the same time. */
    readonly perCompany: number;
  };
  readonly exports: {
    /** Connections of each process for exports, those that are kept to be continued among them. */
    readonly max: number;
    /** How long an export that broke off can be continued. */
    readonly resumeMs: number;
  };
  readonly limits: WriteLimits;
  readonly demo: {
    readonly key: string | undefined;
    readonly secondKey: string | undefined;
    /** Also write demo data to a database given by `DATABASE_URL`. */
    readonly seed: boolean;
  };
  readonly metricsToken: string | undefined;
  readonly log: {
    readonly level: Environment["LOG_LEVEL"];
    readonly format: Environment["LOG_FORMAT"];
    readonly clientAddress: AddressDetail;
  };
  readonly retention: Retention;
  readonly drainTimeoutMs: number;
}

interface DatabaseConfig {
  /** Undefined = embedded PostgreSQL in `dataDir`. */
  readonly url: string | undefined;
  /** Login of the owner of the tables; undefined = not given to this process. */
  readonly migrationUrl: string | undefined;
  /** Whether the server may run as a superuser or as the owner of the tables. */
  readonly allowOwner: boolean;
  /** Whether connections without verified TLS may leave this machine. */
  readonly allowInsecure: boolean;
  readonly poolSize: number;
  readonly poolWaitMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
}

type Environment = z.infer<typeof environmentSchema>;

interface ConfigFault {
  readonly name: string;
  /** As given, with secrets masked; undefined if the variable is absent. */
  readonly value: string | undefined;
  /** The violated rule over several variables; undefined if the value itself is invalid. */
  readonly rule: string | undefined;
  readonly expected: string;
  readonly example: string;
}

/** All errors of the environment. The message is a report for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly faults: readonly ConfigFault[]) {
    const count = faults.length === 1 ? "1 error" : `${faults.length} errors`;
    super([`Invalid configuration: ${count}.`, ...faults.map(describe)].join("\n"));
  }
}

/**
 * Reads the environment. An empty variable counts as absent; unknown variables are ignored.
 *
 * @throws ConfigError with all errors
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const result = environmentSchema.safeParse(present);
  if (result.success) return toConfig(result.data, companyLimitsSchema.parse(present));
  throw new ConfigError(result.error.issues.map((issue) => toFault(issue, present)));
}

function toConfig(env: Environment, ofCompany: CompanyLimits): Config {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = env;
  const { STRIPE_API_KEY: apiKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = env;
  return {
    host: env.HOST,
    httpPort: env.HTTP_PORT,
    grpcPort: env.GRPC_PORT,
    workers: env.WORKERS,
    maxConnections: env.MAX_CONNECTIONS,
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined,
    isLoopback: isLoopback(env.HOST),
    trustedProxies: env.TRUSTED_PROXIES,
    corsOrigins: env.CORS_ORIGINS,
    publicBaseUrl: env.PUBLIC_BASE_URL,
    database: {
      url: env.DATABASE_URL,
      migrationUrl: env.DATABASE_MIGRATION_URL,
      allowOwner: env.DATABASE_ALLOW_OWNER,
      allowInsecure: env.DATABASE_ALLOW_INSECURE,
      poolSize: env.DATABASE_POOL_SIZE,
      poolWaitMs: env.DATABASE_POOL_WAIT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      lockTimeoutMs: env.DATABASE_LOCK_TIMEOUT_MS,
      idleInTransactionTimeoutMs: env.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS,
    },
    dataDir: resolve(env.DATA_DIR),
    pageTokenSecret: env.PAGE_TOKEN_SECRET,
    secretKey: env.SECRET_KEY,
    previousSecretKeys: env.SECRET_KEY_PREVIOUS,
    externalApiAllow: new Set(env.EXTERNAL_API_ALLOW.flatMap((entry) => readAllowedTarget(entry) ?? [])),
    stripe: {
      keys: apiKey !== undefined && webhookSecret !== undefined ? { apiKey, webhookSecret } : undefined,
      apiUrl: env.STRIPE_API_URL,
    },
    rateLimits: {
      ...(env.RATE_LIMIT_PER_KEY ? { perKey: env.RATE_LIMIT_PER_KEY } : {}),
      ...(env.RATE_LIMIT_PER_COMPANY ? { perCompany: env.RATE_LIMIT_PER_COMPANY } : {}),
    },
    callsInFlightPerCompany: env.MAX_CALLS_IN_FLIGHT_PER_COMPANY,
    streams: { maxDurationMs: env.STREAM_TIMEOUT_MS, perCompany: env.MAX_STREAMS_PER_COMPANY },
    exports: { max: env.MAX_EXPORTS, resumeMs: env.EXPORT_RESUME_SECONDS * 1_000 },
    limits: {
      ofCompany,
      recordBytes: env.MAX_RECORD_BYTES,
    },
    demo: { key: env.DEMO_API_KEY, secondKey: env.DEMO_API_KEY_2, seed: env.SEED_DEMO },
    metricsToken: env.METRICS_TOKEN,
    log: { level: env.LOG_LEVEL, format: env.LOG_FORMAT, clientAddress: env.LOG_CLIENT_ADDRESS },
    retention: {
      auditLogDays: env.AUDIT_LOG_RETENTION_DAYS,
      keyUseDays: env.KEY_USE_RETENTION_DAYS,
      departureDays: env.DEPARTURE_RETENTION_DAYS,
    },
    drainTimeoutMs: env.DRAIN_TIMEOUT_MS,
  };
}

/** URL of a server port for connections from this machine. For a wildcard host, the loopback address. */
export function ownUrl({ tls, host }: Pick<Config, "tls" | "host">, port: number): string {
  const every = host === "0.0.0.0" || host === "::";
  const reachable = every ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${tls ? "https" : "http"}://${reachable}:${port}`;
}

function toFault(issue: z.core.$ZodIssue, present: Readonly<Record<string, string | undefined>>): ConfigFault {
  const name = String(issue.path[0]);
  const { expected, example, secret } = docOf(name);
  const value = present[name];
  // For a refinement of one variable the message is zod's own text; for a rule over several it comes from config-schema.ts.
  const rule = issue.code === "custom" && issue.message !== "Invalid input" ? issue.message : undefined;
  return { name, value: secret && value !== undefined ? mask(value) : value, rule, expected, example };
}

function docOf(name: string): VariableDoc {
  const [, schema] = Object.entries(environmentSchema.shape).find(([member]) => member === name) ?? [];
  return (schema && variableDocs.get(schema)) ?? { expected: "", example: "" };
}

function mask(secret: string): string {
  return `(hidden, ${secret.length} characters)`;
}

function describe({ name, value, rule, expected, example }: ConfigFault): string {
  const given = value === undefined ? "not set" : JSON.stringify(value);
  const why = rule === undefined ? "" : `; ${rule}`;
  return `  ${name}: ${given}${why}. Expected: ${expected}. Example: ${example}`;
}
