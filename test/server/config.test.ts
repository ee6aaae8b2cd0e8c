import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../src/config/config.js";

const databaseUrl = "postgresql://moego:top-secret-password@127.0.0.1:5432/moego";
const pageTokenSecret = "p".repeat(32);
const secretKey = Buffer.alloc(32, 7).toString("base64");

describe("the configuration", () => {
  it("has a default for everything", () => {
    expect(readConfig({})).toMatchObject({
      host: "127.0.0.1",
      httpPort: 8080,
      grpcPort: 50051,
      database: { url: undefined, poolSize: 10 },
      drainTimeoutMs: 8_000,
      log: { level: "info", format: "json" },
    });
  });

  it("takes as many calls at once as in the time of the rate, unless told otherwise", () => {
    const { rateLimits } = readConfig({ RATE_LIMIT_PER_KEY: "100/s burst 200", RATE_LIMIT_PER_COMPANY: "5000/h" });
    expect(rateLimits).toEqual({
      perKey: { calls: 100, seconds: 1, burst: 200 },
      perCompany: { calls: 5_000, seconds: 3_600, burst: 5_000 },
    });
    expect(readConfig({}).rateLimits).toEqual({});
  });

  it("says what a rule between variables asks for, not what was found", () => {
    const found = thrownBy(() =>
      readConfig({ HTTP_PORT: "9000", GRPC_PORT: "9000", DATABASE_MIGRATION_URL: databaseUrl }),
    );
    expect(String(found)).toContain('GRPC_PORT: "9000"; must differ from HTTP_PORT.');
    expect(String(found)).toContain("DATABASE_URL: not set; required with DATABASE_MIGRATION_URL.");
  });

  it("takes an empty variable as absent and ignores the variables of others", () => {
    expect(readConfig({ HTTP_PORT: "", DATABASE_URL: "", PATH: "/bin", MOEGO_OTHER: "1" })).toEqual(readConfig({}));
  });

  it("reports every fault at once, with its name, value, form and example", () => {
    const faults = faultsOf({
      HTTP_PORT: "80a",
      GRPC_PORT: "65536",
      HOST: "0.0.0.0",
      DATABASE_POOL_SIZE: "0",
      TLS_KEY_FILE: "/no/such/file",
      LOG_LEVEL: "loud",
      TRUSTED_PROXIES: "10.0.0.0/33",
      PUBLIC_BASE_URL: "https://api.example.com/",
      DATABASE_URL: databaseUrl,
    });
    const names = [
      ...[
        "HTTP_PORT",
        "GRPC_PORT",
        "TLS_KEY_FILE",
        "TRUSTED_PROXIES",
        "PUBLIC_BASE_URL",
        "DATABASE_POOL_SIZE",
        "LOG_LEVEL",
      ],
      ...["TLS_CERT_FILE", "PAGE_TOKEN_SECRET", "SECRET_KEY"],
    ];
    expect(faults.map((fault) => fault.name)).toEqual(names);
    for (const fault of faults)
      expect(fault).toMatchObject({ expected: expect.stringMatching(/./), example: expect.stringMatching(/./) });
  });

  it("never shows a secret, however wrong", () => {
    const secrets = {
      DATABASE_URL: "mysql://moego:top-secret-password@127.0.0.1/moego",
      PAGE_TOKEN_SECRET: "top-secret-token",
      SECRET_KEY: "top-secret-key",
      SECRET_KEY_PREVIOUS: `${secretKey},top-secret-old-key`,
      DEMO_API_KEY: "top-secret-demo",
      METRICS_TOKEN: "top-secret",
    };
    const error = thrownBy(() => readConfig(secrets));
    expect(String(error)).not.toContain("top-secret");
    expect(String(error)).not.toContain(secretKey);
    expect(faultsOf(secrets)).toHaveLength(6);
  });

  it.each([
    [{ HOST: "0.0.0.0" }, ["HOST"]],
    [{ HOST: "::" }, ["HOST"]],
    [{ HOST: "0.0.0.0", ALLOW_PLAINTEXT: "0" }, ["HOST"]],
    [{ HOST: "0.0.0.0", ALLOW_PLAINTEXT: "1" }, []],
    [{ HOST: "0.0.0.0", TRUSTED_PROXIES: "10.0.0.1" }, []],
    [{ HOST: "localhost" }, []],
    [{ HOST: "127.0.0.2" }, []],
    [{ HOST: "::ffff:127.0.0.2" }, []],
    [{ HOST: "0:0:0:0:0:0:0:1" }, []],
    [{ HOST: "::1" }, []],
  ])("refuses to send keys in plain text over a network: %j", (environment, names) => {
    expect(faultsOf(environment).map((fault) => fault.name)).toEqual(names);
  });

  const elsewhere = "postgresql://moego:top-secret-password@db.example.com/moego";
  it.each([
    [elsewhere, ["DATABASE_URL"]],
    [`${elsewhere}?sslmode=disable`, ["DATABASE_URL"]],
    [`${elsewhere}?sslmode=no-verify`, ["DATABASE_URL"]],
    [`${elsewhere}?ssl=0`, ["DATABASE_URL"]],
    [`${elsewhere}?uselibpqcompat=true&sslmode=require`, ["DATABASE_URL"]],
    [`${elsewhere}?sslmode=verify-full&sslrootcert=/no/such/file`, ["DATABASE_URL"]],
    ["postgresql://moego@127.0.0.1/moego?host=db.example.com", ["DATABASE_URL"]],
    ["postgresql://moego@10.0.0.5/moego", ["DATABASE_URL"]],
    [`${elsewhere}?sslmode=verify-full`, []],
    [`${elsewhere}?sslmode=verify-ca`, []],
    // The driver verifies in these modes, unlike libpq.
    [`${elsewhere}?sslmode=require`, []],
    [`${elsewhere}?ssl=true`, []],
    ["postgresql://moego@localhost/moego", []],
    ["postgresql://moego@127.0.0.2/moego?sslmode=disable", []],
    ["postgresql://moego@[::1]/moego", []],
    ["postgresql:///moego?host=/run/postgresql", []],
  ])("refuses to send data over a network without verified TLS: %s", (url, names) => {
    const own = { DATABASE_URL: url, PAGE_TOKEN_SECRET: pageTokenSecret, SECRET_KEY: secretKey };
    const namesOf = (more: Readonly<Record<string, string>>) => faultsOf({ ...own, ...more }).map(({ name }) => name);
    expect(namesOf({})).toEqual(names);
    expect(namesOf({ DATABASE_ALLOW_INSECURE: "1" })).toEqual([]);
    const migrating = names.length > 0 ? ["DATABASE_MIGRATION_URL"] : [];
    expect(namesOf({ DATABASE_URL: databaseUrl, DATABASE_MIGRATION_URL: url })).toEqual(migrating);
    if (!url.includes("ssl") || names.length > 0) return;
    const isRemote = url.startsWith(elsewhere);
    expect(namesOf({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toEqual(isRemote ? ["DATABASE_URL"] : []);
  });

  it("requires the secrets with a database of your own, which all processes must share", () => {
    expect(faultsOf({ DATABASE_URL: databaseUrl }).map((fault) => fault.name)).toEqual([
      "PAGE_TOKEN_SECRET",
      "SECRET_KEY",
    ]);
    const config = readConfig({ DATABASE_URL: databaseUrl, PAGE_TOKEN_SECRET: pageTokenSecret, SECRET_KEY: secretKey });
    expect(config.database).toMatchObject({ url: databaseUrl, migrationUrl: undefined, allowOwner: false });
  });

  it.each([
    [{ HTTP_PORT: "9000", GRPC_PORT: "9000" }, ["GRPC_PORT"]],
    [{ HTTP_PORT: "0", GRPC_PORT: "0" }, []],
    [{ DATABASE_MIGRATION_URL: databaseUrl }, ["DATABASE_URL"]],
    [{ DEMO_API_KEY: "k".repeat(32), DEMO_API_KEY_2: "k".repeat(32) }, ["DEMO_API_KEY_2"]],
    [{ DEMO_API_KEY: `moego_${"k".repeat(32)}` }, ["DEMO_API_KEY"]],
    [{ SECRET_KEY: "k".repeat(44) }, ["SECRET_KEY"]],
    [{ CORS_ORIGINS: "https://a.example, https://b.example:8443" }, []],
    [{ CORS_ORIGINS: "https://a.example/" }, ["CORS_ORIGINS"]],
    [{ EXTERNAL_API_ALLOW: "127.0.0.1:9000, [::1]:9000,crm.internal:443" }, []],
    [{ EXTERNAL_API_ALLOW: "127.0.0.1" }, ["EXTERNAL_API_ALLOW"]],
    [{ EXTERNAL_API_ALLOW: "http://127.0.0.1:9000" }, ["EXTERNAL_API_ALLOW"]],
    [{ EXTERNAL_API_ALLOW: "a@127.0.0.1:9000" }, ["EXTERNAL_API_ALLOW"]],
    [{ EXTERNAL_API_ALLOW: "127.0.0.1:9000/path" }, ["EXTERNAL_API_ALLOW"]],
    [{ EXTERNAL_API_ALLOW: "*.example.com:443" }, ["EXTERNAL_API_ALLOW"]],
    [{ EXTERNAL_API_ALLOW: "a.example:0" }, ["EXTERNAL_API_ALLOW"]],
    [{ EXTERNAL_API_ALLOW: "a.example:65536" }, ["EXTERNAL_API_ALLOW"]],
    [{ RATE_LIMIT_PER_KEY: "100/s", RATE_LIMIT_PER_COMPANY: "1000/min burst 50" }, []],
    ...["100", "100/day", "0/s", "1.5/s", "100/s burst 0", "100/s burst", "10000000/s", "-1/s", "100 /s"].map(
      (text): [{ RATE_LIMIT_PER_KEY: string }, string[]] => [{ RATE_LIMIT_PER_KEY: text }, ["RATE_LIMIT_PER_KEY"]],
    ),
    [{ SECRET_KEY_PREVIOUS: `${secretKey},${secretKey}` }, []],
  ])("holds the rules between variables: %j", (environment, names) => {
    expect(faultsOf(environment).map((fault) => fault.name)).toEqual(names);
  });
});

describe.each(["dist/bundle/main.js", "bin/moego.js"])("%s", (script) => {
  it("prints every fault without its secrets and exits 78", () => {
    const env = { PATH: process.env["PATH"], HTTP_PORT: "x", GRPC_PORT: "y", METRICS_TOKEN: "top-secret" };
    const ended = spawnSync(process.execPath, [script, "serve"], { env, encoding: "utf8", timeout: 30_000 });
    expect(ended.status).toBe(78);
    for (const name of ["HTTP_PORT", "GRPC_PORT", "METRICS_TOKEN"]) expect(ended.stderr).toContain(name);
    expect(ended.stderr + ended.stdout).not.toContain("top-secret");
    expect(ended.stdout).toBe("");
  });
});

function faultsOf(environment: Readonly<Record<string, string>>) {
  const error = thrownBy(() => readConfig(environment));
  return error instanceof ConfigError ? error.faults : [];
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
