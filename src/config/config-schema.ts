import { accessSync, constants } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { addressDetails } from "../core/client-address.js";
import { isIpRange, isLoopback } from "../core/ip-ranges.js";
import { readAllowedTarget } from "../core/outbound-call.js";
import { maxPoolSize } from "../db/pool.js";
import { isVerifiedConnection } from "../db/verified-connection.js";
import { companyLimitsSchema, integerVariable as integer, numberVariable } from "./company-limits-schema.js";
import { variableDocs } from "./variable-docs.js";

const insecureDatabase =
  "not on this machine, so its data would cross the network without verified TLS. Add sslmode=verify-full (with " +
  "sslrootcert=FILE, a readable PEM file, for a private CA), or set DATABASE_ALLOW_INSECURE=1 for a trusted network";

/** The environment variables. readConfig has removed empty ones. */
export const environmentSchema = z
  .object({
    HOST: text((host) => isIP(host) > 0 || /^[a-z0-9.-]{1,253}$/i.test(host))
      .default("127.0.0.1")
      .register(variableDocs, { expected: "an IP address or host name", example: "127.0.0.1" }),
    HTTP_PORT: port(8080, "8080"),
    GRPC_PORT: port(50051, "50051"),
    TLS_CERT_FILE: readableFile("/etc/moego/tls.crt"),
    TLS_KEY_FILE: readableFile("/etc/moego/tls.key"),
    ALLOW_PLAINTEXT: flag(),
    WORKERS: workers(),
    MAX_CONNECTIONS: integer({ min: 1, max: 1_000_000, fallback: 10_000 }),
    TRUSTED_PROXIES: list(isIpRange).register(variableDocs, {
      expected: "comma-separated IP addresses or CIDR ranges",
      example: "10.0.0.0/8,127.0.0.1",
    }),
    CORS_ORIGINS: list(isOrigin).register(variableDocs, {
      expected: "comma-separated origins (scheme, host, port)",
      example: "https://app.example.com",
    }),
    PUBLIC_BASE_URL: text(isBaseUrl).optional().register(variableDocs, {
      expected: "an HTTP or HTTPS URL without a trailing slash, query or fragment",
      example: "https://api.example.com",
    }),
    DATABASE_URL: databaseUrl(
      "postgresql://moego_service_login:password@db.example.com:5432/moego?sslmode=verify-full",
    ),
    DATABASE_MIGRATION_URL: databaseUrl(
      "postgresql://moego_owner:password@db.example.com:5432/moego?sslmode=verify-full",
    ),
    DATABASE_ALLOW_INSECURE: flag(),
    DATABASE_ALLOW_OWNER: flag(),
    // A variable of Node.js. With 0 no TLS connection of the process verifies its server, whatever its URL says.
    NODE_TLS_REJECT_UNAUTHORIZED: text(() => true)
      .optional()
      .register(variableDocs, { expected: "1", example: "1" }),
    DATABASE_POOL_SIZE: integer({ min: 1, max: maxPoolSize, fallback: 10 }),
    DATABASE_POOL_WAIT_MS: integer({ min: 1, max: 60_000, fallback: 2_000 }),
    DATABASE_STATEMENT_TIMEOUT_MS: integer({ min: 1, max: 600_000, fallback: 10_000 }),
    DATABASE_LOCK_TIMEOUT_MS: integer({ min: 1, max: 600_000, fallback: 3_000 }),
    DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: integer({ min: 1, max: 600_000, fallback: 10_000 }),
    DATA_DIR: text((folder) => !folder.includes("\0"))
      .default(".data")
      .register(variableDocs, { expected: "a directory", example: ".data" }),
    PAGE_TOKEN_SECRET: text((secret) => secret.length >= 32)
      .optional()
      .register(variableDocs, {
        expected: "at least 32 characters, identical for every server process",
        example: "the output of: openssl rand -hex 32",
        secret: true,
      }),
    SECRET_KEY: text(isSecretKey).optional().register(variableDocs, {
      expected: "32 bytes in base64, identical for every server process",
      example: "the output of: openssl rand -base64 32",
      secret: true,
    }),
    SECRET_KEY_PREVIOUS: list(isSecretKey).register(variableDocs, {
      expected: "comma-separated former values of SECRET_KEY",
      example: "the previous SECRET_KEY",
      secret: true,
    }),
    EXTERNAL_API_ALLOW: list((target) => readAllowedTarget(target) !== undefined).register(variableDocs, {
      expected: "comma-separated HOST:PORT entries",
      example: "127.0.0.1:9000,[::1]:9000,crm.internal:443",
    }),
    STRIPE_API_KEY: text((key) => /^[sr]k_[\x21-\x7e]{1,252}$/.test(key))
      .optional()
      .register(variableDocs, {
        expected: "a secret key or a restricted key of Stripe",
        example: "rk_live_... from the Stripe dashboard",
        secret: true,
      }),
    STRIPE_WEBHOOK_SECRET: text((key) => /^whsec_[\x21-\x7e]{1,249}$/.test(key))
      .optional()
      .register(variableDocs, {
        expected: "the signing secret of a webhook endpoint of Stripe",
        example: "whsec_... from the Stripe dashboard",
        secret: true,
      }),
    STRIPE_API_URL: text(isSafeOrigin).default("https://api.stripe.com").register(variableDocs, {
      expected: "an HTTPS origin; HTTP only on this machine",
      example: "https://api.stripe.com",
    }),
    RATE_LIMIT_PER_KEY: rateLimit("100/s burst 200"),
    RATE_LIMIT_PER_COMPANY: rateLimit("300/s burst 600"),
    MAX_CALLS_IN_FLIGHT_PER_COMPANY: integer({ min: 1, max: 100_000, fallback: 8 }),
    MAX_STREAMS_PER_COMPANY: integer({ min: 1, max: 1_000, fallback: 4 }),
    STREAM_TIMEOUT_MS: integer({ min: 1_000, max: 24 * 3_600_000, fallback: 3_600_000 }),
    MAX_EXPORTS: integer({ min: 1, max: 100, fallback: 4 }),
    EXPORT_RESUME_SECONDS: integer({ min: 0, max: 3_600, fallback: 300 }),
    MAX_RECORD_BYTES: integer({ min: 64 * 1024, max: 1024 * 1024, fallback: 1024 * 1024 }),
    ...companyLimitsSchema.shape,
    DEMO_API_KEY: demoKey(),
    DEMO_API_KEY_2: demoKey(),
    SEED_DEMO: flag(),
    METRICS_TOKEN: text((token) => /^[\x21-\x7e]{16,}$/.test(token))
      .optional()
      .register(variableDocs, {
        expected: "at least 16 printable ASCII characters, no spaces",
        example: "the output of: openssl rand -hex 32",
        secret: true,
      }),
    LOG_LEVEL: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .default("info")
      .register(variableDocs, { expected: "trace, debug, info, warn, error, fatal or silent", example: "info" }),
    LOG_FORMAT: z
      .enum(["json", "pretty"])
      .default("json")
      .register(variableDocs, { expected: "json or pretty", example: "json" }),
    LOG_CLIENT_ADDRESS: z
      .enum(addressDetails)
      .default("truncated")
      .register(variableDocs, { expected: "truncated, full or off", example: "truncated" }),
    AUDIT_LOG_RETENTION_DAYS: integer({ min: 0, max: 36_500, fallback: 730 }),
    KEY_USE_RETENTION_DAYS: integer({ min: 0, max: 36_500, fallback: 365 }),
    DEPARTURE_RETENTION_DAYS: integer({ min: 0, max: 36_500, fallback: 400 }),
    DRAIN_TIMEOUT_MS: integer({ min: 0, max: 600_000, fallback: 8_000 }),
  })
  .refine(
    (env) => env.HTTP_PORT === 0 || env.HTTP_PORT !== env.GRPC_PORT,
    rule("GRPC_PORT", "must differ from HTTP_PORT"),
  )
  .refine(
    (env) => env.TLS_KEY_FILE === undefined || has(env.TLS_CERT_FILE),
    rule("TLS_CERT_FILE", "required with TLS_KEY_FILE"),
  )
  .refine(
    (env) => env.TLS_CERT_FILE === undefined || has(env.TLS_KEY_FILE),
    rule("TLS_KEY_FILE", "required with TLS_CERT_FILE"),
  )
  .refine(
    (env) => isLoopback(env.HOST) || has(env.TLS_CERT_FILE) || env.TRUSTED_PROXIES.length > 0 || env.ALLOW_PLAINTEXT,
    rule(
      "HOST",
      "not a loopback address, so API keys would be sent unencrypted. Set TLS_CERT_FILE and TLS_KEY_FILE, TRUSTED_PROXIES, or ALLOW_PLAINTEXT=1",
    ),
  )
  .refine(
    (env) => env.STRIPE_WEBHOOK_SECRET === undefined || has(env.STRIPE_API_KEY),
    rule("STRIPE_API_KEY", "required with STRIPE_WEBHOOK_SECRET"),
  )
  .refine(
    (env) => env.STRIPE_API_KEY === undefined || has(env.STRIPE_WEBHOOK_SECRET),
    rule("STRIPE_WEBHOOK_SECRET", "required with STRIPE_API_KEY"),
  )
  .refine(
    (env) => env.DATABASE_URL === undefined || has(env.PAGE_TOKEN_SECRET),
    rule("PAGE_TOKEN_SECRET", "required with DATABASE_URL"),
  )
  .refine(
    (env) => env.DATABASE_URL === undefined || has(env.SECRET_KEY),
    rule("SECRET_KEY", "required with DATABASE_URL"),
  )
  .refine(
    (env) => env.DATABASE_MIGRATION_URL === undefined || has(env.DATABASE_URL),
    rule("DATABASE_URL", "required with DATABASE_MIGRATION_URL"),
  )
  .refine(
    (env) => env.DATABASE_ALLOW_INSECURE || isSafeDatabase(env.DATABASE_URL, env),
    rule("DATABASE_URL", insecureDatabase),
  )
  .refine(
    (env) => env.DATABASE_ALLOW_INSECURE || isSafeDatabase(env.DATABASE_MIGRATION_URL, env),
    rule("DATABASE_MIGRATION_URL", insecureDatabase),
  )
  .refine(
    (env) => env.DEMO_API_KEY === undefined || env.DEMO_API_KEY !== env.DEMO_API_KEY_2,
    rule("DEMO_API_KEY_2", "must differ from DEMO_API_KEY"),
  );

/** An invalid URL has its own error. */
function isSafeDatabase(url: string | undefined, tls: { readonly NODE_TLS_REJECT_UNAUTHORIZED?: string | undefined }) {
  if (url === undefined || !isPostgresUrl(url)) return true;
  return isVerifiedConnection(url, { verifies: tls.NODE_TLS_REJECT_UNAUTHORIZED !== "0" });
}

/** A rule over several variables. Runs even if other checks failed, so that all errors are reported at once. */
function rule(name: string, error: string) {
  return { path: [name], error, when: () => true };
}

function has(value: unknown): boolean {
  return value !== undefined;
}

function text(isGood: (value: string) => boolean) {
  return z.string().refine(isGood);
}

function port(fallback: number, example: string) {
  const expected = "a port from 0 to 65535; 0 selects a free port";
  return numberVariable({ min: 0, max: 65_535, fallback }, { expected, example });
}

const rateLimitPattern = /^([1-9]\d{0,6})\/(s|min|h)(?: burst ([1-9]\d{0,6}))?$/;
const secondsOf = new Map([
  ["s", 1],
  ["min", 60],
  ["h", 3_600],
]);

function rateLimit(example: string) {
  return text((value) => rateLimitPattern.test(value))
    .transform((value) => {
      const [, calls = "", unit = "", burst = calls] = rateLimitPattern.exec(value) ?? [];
      return { calls: Number(calls), seconds: secondsOf.get(unit) ?? 1, burst: Number(burst) };
    })
    .optional()
    .register(variableDocs, {
      expected: 'RATE/s, RATE/min or RATE/h, optionally followed by "burst N"; numbers from 1 to 9999999',
      example,
    });
}

function workers() {
  return text((value) => value === "auto" || /^([1-9]|[1-5]\d|6[0-4])$/.test(value))
    .transform((value) => (value === "auto" ? availableParallelism() : Number(value)))
    .default(1)
    .register(variableDocs, { expected: "an integer from 1 to 64, or auto for one per core", example: "auto" });
}

function flag() {
  return z
    .enum(["0", "1", "false", "true"])
    .transform((value) => value === "1" || value === "true")
    .default(false)
    .register(variableDocs, { expected: "0 or 1", example: "1" });
}

function list(isGood: (item: string) => boolean) {
  const items = (value: string) => value.split(",").map((item) => item.trim());
  return text((value) => items(value).every(isGood))
    .transform(items)
    .default([]);
}

function readableFile(example: string) {
  const isReadable = (file: string) => {
    try {
      accessSync(file, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  };
  return text(isReadable).optional().register(variableDocs, { expected: "a readable PEM file", example });
}

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol);
}

function databaseUrl(example: string) {
  return text(isPostgresUrl).optional().register(variableDocs, { expected: "a PostgreSQL URL", example, secret: true });
}

function demoKey() {
  return text((key) => /^[\x21-\x39\x3b-\x7e]{32,200}$/.test(key) && !key.startsWith("moego_"))
    .optional()
    .register(variableDocs, {
      expected: "32 to 200 printable ASCII characters, no spaces or colons, not starting with moego_",
      example: "the output of: openssl rand -hex 32",
      secret: true,
    });
}

function isSecretKey(key: string): boolean {
  return Buffer.from(key, "base64").length === 32 && /^[A-Za-z0-9+/]{43}=$/.test(key);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Secrets are sent there. */
function isSafeOrigin(text: string): boolean {
  return isOrigin(text) && (text.startsWith("https://") || isLoopback(new URL(text).hostname));
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith("/")) return false;
  const { protocol, search, hash, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && search + hash + username + password === "";
}
