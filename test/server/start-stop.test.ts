import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDataFolder } from "../support/data-folder.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { selfSigned } from "../transport/certificate.js";
import {
  type Environment,
  environmentOf,
  listCustomers,
  pasteFirstCalls,
  pause,
  program,
  run,
  type Service,
  secrets,
  startService,
  takePort,
  until,
} from "./service.js";

describe("with a database of your own", () => {
  let database: TestDatabase;
  let environment: Environment;

  beforeAll(async () => {
    database = await createDatabase();
    environment = { ...environmentOf(database), SEED_DEMO: "1" };
  });
  afterAll(() => database.drop());

  describe("a start", () => {
    let service: Service;

    beforeAll(async () => {
      service = await startService(environment);
    });
    afterAll(() => service[Symbol.asyncDispose]());

    it("prints first calls that work as they stand", async () => {
      for (const answer of await pasteFirstCalls(service, environment)) expect(answer.customers).toHaveLength(2);
    });

    it("says healthy and ready, and lets the demo key in", async () => {
      expect((await fetch(`${service.httpUrl}/healthz`)).status).toBe(200);
      expect((await fetch(`${service.httpUrl}/readyz`)).status).toBe(200);
      expect((await listCustomers(service.httpUrl, secrets.DEMO_API_KEY)).status).toBe(200);
      expect((await listCustomers(service.httpUrl, secrets.DEMO_API_KEY_2)).status).toBe(403);
    });

    it("shows the demo keys on a terminal, and calls that work as they stand", async () => {
      await using shown = await startService(environment, "terminal");
      expect(shown.stdout()).toMatch(new RegExp(`Demo API key \\(cmp_001\\) +${secrets.DEMO_API_KEY}\\r?$`, "m"));
      expect(shown.stdout()).toMatch(new RegExp(`Demo API key \\(cmp_002\\) +${secrets.DEMO_API_KEY_2}\\r?$`, "m"));
      expect(shown.stdout()).toContain(`${shown.httpUrl}/docs#key=${secrets.DEMO_API_KEY}\r\n`);
      const [line = ""] = /^curl .*(?=\r)/m.exec(shown.stdout()) ?? [];
      const { stdout } = await promisify(execFile)("bash", ["-c", line]);
      expect(JSON.parse(stdout).customers).toHaveLength(2);
      shown.child.stdin?.write("\x03"); // Ctrl-C
      expect((await shown.ended).stdout).toContain('"msg":"stopped"');
    });

    it("prints addresses and first calls to standard output, no key where that is kept, and logs JSON lines to standard error", async () => {
      const { code, stdout, stderr } = await service.stop();
      expect(code).toBe(0);
      expect(stdout).toMatch(/^ +Demo API keys +shown on a terminal only$/m);
      for (const secret of [secrets.DEMO_API_KEY, secrets.DEMO_API_KEY_2]) {
        for (const text of [secret, Buffer.from(secret).toString("base64")])
          expect(stdout + stderr).not.toContain(text);
      }
      for (const line of stderr.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
      expect(stderr).not.toContain("postgresql://");
    });

    it("writes the demo data once, however often it happens", async () => {
      const count = "SELECT (SELECT count(*) FROM customer) AS customers, (SELECT count(*) FROM change) AS changes";
      const before = await database.owner.query(count);
      expect(Number(before.rows[0]?.customers)).toBeGreaterThan(0);
      await (await startService(environment)).stop();
      expect((await database.owner.query(count)).rows).toEqual(before.rows);
    });
  });

  it("answers the call under way before SIGTERM ends it with code 0, and takes no new one", async () => {
    const service = await startService({ ...environment, ...patientDatabase });
    const blocker = await database.owner.connect();
    try {
      await blocker.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
      const call = listCustomers(service.httpUrl, secrets.DEMO_API_KEY);
      await until(() => isWaiting(database));
      const ended = service.stop();
      await until(() => service.stderr().includes("stopping"));
      await pause(200);
      await expect(listCustomers(service.httpUrl, secrets.DEMO_API_KEY)).rejects.toThrow();
      expect(service.child.exitCode).toBe(null);
      await blocker.query("COMMIT");
      expect((await call).status).toBe(200);
      expect((await ended).code).toBe(0);
    } finally {
      blocker.release();
    }
  });

  it("tells calls that they are cut off after DRAIN_TIMEOUT_MS, and that nothing was written", async () => {
    const service = await startService({ ...environment, ...patientDatabase, DRAIN_TIMEOUT_MS: "300" });
    const blocker = await database.owner.connect();
    const count = "SELECT count(*)::int AS count FROM customer";
    const before = (await blocker.query(count)).rows;
    try {
      await blocker.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
      const calls = [
        listCustomers(service.httpUrl, secrets.DEMO_API_KEY),
        createCustomer(service.httpUrl, secrets.DEMO_API_KEY),
      ];
      await until(async () => (await waitingStatements(database)) === calls.length);
      expect((await service.stop()).code).toBe(0);
      for (const answer of await Promise.all(calls)) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get("retry-after")).toBe("1");
        expect(await answer.json()).toMatchObject({ details: [{ reason: "SHUTTING_DOWN" }, { retryDelay: "1s" }] });
      }
    } finally {
      await blocker.query("ROLLBACK");
    }
    expect((await blocker.query(count)).rows).toEqual(before);
    blocker.release();
  });

  it("ends at once at a second signal", async () => {
    const service = await startService({ ...environment, ...patientDatabase });
    const blocker = await database.owner.connect();
    try {
      await blocker.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
      const call = listCustomers(service.httpUrl, secrets.DEMO_API_KEY).catch(() => "cut off");
      await until(() => isWaiting(database));
      service.child.kill("SIGINT");
      await until(() => service.stderr().includes("stopping"));
      await pause(1_100);
      service.child.kill("SIGINT");
      expect((await service.ended).code).toBe(1);
      expect(await call).toBe("cut off");
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
  });

  it("takes a signal that is repeated at once for the same one, as npm passes Ctrl-C on a second time", async () => {
    const service = await startService({ ...environment, ...patientDatabase });
    const blocker = await database.owner.connect();
    try {
      await blocker.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
      const call = listCustomers(service.httpUrl, secrets.DEMO_API_KEY);
      await until(() => isWaiting(database));
      service.child.kill("SIGINT");
      await until(() => service.stderr().includes("stopping"));
      service.child.kill("SIGINT");
      await pause(100);
      await blocker.query("COMMIT");
      expect((await call).status).toBe(200);
      expect((await service.ended).code).toBe(0);
    } finally {
      blocker.release();
    }
  });

  it.each(["HTTP_PORT", "GRPC_PORT"])("names %s when its port is taken, and exits 69", async (variable) => {
    await using taken = await takePort();
    const ports = { HTTP_PORT: "0", GRPC_PORT: "0", [variable]: String(taken.port) };
    const { code, stdout, stderr } = await run(program, [], { ...environment, ...ports }).ended;
    expect(code).toBe(69);
    expect(stderr).toContain(`Port ${taken.port} is in use. Set ${variable}`);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  it("says in one sentence that a certificate and a key do not belong together", async () => {
    await using folder = await makeDataFolder();
    const [certFile, keyFile] = [join(folder.path, "tls.crt"), join(folder.path, "tls.key")];
    await Promise.all([writeFile(certFile, selfSigned().certificate), writeFile(keyFile, selfSigned().key)]);
    const variables = { ...environmentOf(database), TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
    const { code, stderr } = await run(program, [], { ...variables, HTTP_PORT: "0", GRPC_PORT: "0" }).ended;
    expect(code).toBe(78);
    expect(stderr).toContain("TLS_CERT_FILE and TLS_KEY_FILE cannot be used");
    expect(stderr).not.toContain("    at ");
  });

  it("says in one sentence that the database cannot be reached", async () => {
    await using free = await takePort();
    await free[Symbol.asyncDispose]();
    const DATABASE_URL = `postgresql://moego:hidden-password@127.0.0.1:${free.port}/moego`;
    const variables = { ...secrets, DATABASE_URL, HTTP_PORT: "0", GRPC_PORT: "0" };
    const { code, stderr } = await run(program, [], variables).ended;
    expect(code).toBe(69);
    expect(stderr).toMatch(/^Cannot connect to the database of DATABASE_URL .* \(ECONNREFUSED\)/);
    expect(stderr).not.toContain("hidden-password");
    expect(stderr).not.toContain("    at ");
  });
});

/** A statement may wait for the lock of a test for as long as the test likes. */
const patientDatabase = { DATABASE_LOCK_TIMEOUT_MS: "25000", DATABASE_STATEMENT_TIMEOUT_MS: "25000" };

async function isWaiting(database: TestDatabase): Promise<boolean> {
  return (await waitingStatements(database)) > 0;
}

async function waitingStatements(database: TestDatabase): Promise<number> {
  const { rowCount } = await database.owner.query(
    `SELECT FROM pg_locks JOIN pg_database d ON d.oid = pg_locks.database
     WHERE d.datname = current_database() AND NOT granted`,
  );
  return rowCount ?? 0;
}

function createCustomer(httpUrl: string, secret: string): Promise<Response> {
  const required = { companyId: "cmp_001", preferredBusinessId: "biz_001", firstName: "Cut", lastName: "Off" };
  return fetch(`${httpUrl}/v1/customers`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ ...required, phone: "+12125550123" }),
  });
}
