import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { type Database, openDatabase } from "../../src/db/database.js";
import { translateError, violatedConstraint } from "../../src/db/database-errors.js";
import { silentLog } from "../../src/db/log.js";
import { statement } from "../../src/db/statement.js";
import { asAdmin } from "../support/database.js";
import { databaseWith } from "../support/opened-databases.js";
import { writeWith } from "../support/write.js";

const { test, open } = await databaseWith(
  `CREATE TABLE parent (id text CONSTRAINT parent_pkey PRIMARY KEY, name varchar(5), n int CONSTRAINT parent_n_positive CHECK (n > 0));
   CREATE TABLE child (id text PRIMARY KEY, parent_id text CONSTRAINT child_parent_fkey REFERENCES parent)`,
  "parent, child",
);

/** The same statement by each way into the database. */
const ways = {
  write: (database: Database, sql: string) => database.write(statement("test", sql), [], writeWith()),
  "Prisma read": (database: Database, sql: string) =>
    database.ask(new AbortController().signal, (prisma) => prisma.$queryRawUnsafe(sql)),
  "Prisma transaction": (database: Database, sql: string) =>
    database.transact(writeWith(), (tx) => tx.$queryRawUnsafe(sql)),
};

const secret = "s3cret-value";

async function refusal(call: Promise<unknown>): Promise<DomainError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error("Not refused with a DomainError.", { cause: error });
  expect(error.cause).toBeInstanceOf(Error);
  expect(JSON.stringify([error.message, error.details])).not.toMatch(
    /s3cret|parent|child|SELECT|INSERT|127\.0\.0\.1|localhost/,
  );
  return error;
}

const reasonOfState: Readonly<Record<string, string>> = {
  ...{ "22001": "INVALID_REQUEST", "22003": "INVALID_REQUEST", "22007": "INVALID_REQUEST", "22008": "INVALID_REQUEST" },
  ...{ "22021": "INVALID_REQUEST", "22P02": "INVALID_REQUEST", "22P05": "INVALID_REQUEST" },
  ...{ "23001": "INVALID_REQUEST", "23503": "INVALID_REQUEST", "23514": "INVALID_REQUEST" },
  ...{ "23505": "ALREADY_EXISTS", "23P01": "ALREADY_EXISTS" },
  ...{ "40001": "CONCURRENT_WRITE", "40P01": "CONCURRENT_WRITE", "55P03": "LOCK_TIMEOUT" },
  ...{ "25P03": "STATEMENT_TIMEOUT", "25P04": "STATEMENT_TIMEOUT", "57014": "STATEMENT_TIMEOUT" },
  ...{ "53300": "OVERLOADED", "53400": "OVERLOADED" },
  // The disk or the memory of the database is full: nothing that fewer calls would change.
  ...{ "53100": "DATABASE_UNAVAILABLE", "53200": "DATABASE_UNAVAILABLE" },
  ...{ "57P01": "DATABASE_UNAVAILABLE", "57P02": "DATABASE_UNAVAILABLE", "57P03": "DATABASE_UNAVAILABLE" },
  ...{ "57P04": "DATABASE_UNAVAILABLE", "57P05": "DATABASE_UNAVAILABLE", "25006": "DATABASE_UNAVAILABLE" },
  ...{ "3D000": "DATABASE_UNAVAILABLE" },
  // By their class.
  ...{ "08006": "DATABASE_UNAVAILABLE", "28P01": "DATABASE_UNAVAILABLE", "58030": "DATABASE_UNAVAILABLE" },
};

function answerWith(state: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError("no room", 1, "error"), { code: state });
}

describe("a SQLSTATE", () => {
  it.each(Object.entries(reasonOfState))("%s is %s", (state, reason) => {
    expect(translateError(answerWith(state))).toMatchObject({ reason });
  });

  it("that is translated is in this table, and any other stays a defect", () => {
    const source = readFileSync("src/db/database-errors.ts", "utf8");
    const translated = [...source.matchAll(/^ {2}"?([0-9][0-9A-Z]{4})"?: /gm)].map(([, state = ""]) => state);
    expect(translated.length).toBeGreaterThan(20);
    expect(translated.filter((state) => !(state in reasonOfState))).toEqual([]);
    const unknown = answerWith("42P01");
    expect(translateError(unknown)).toBe(unknown);
  });
});

describe.each(Object.entries(ways))("by %s", (_, run) => {
  it("a unique violation is ALREADY_EXISTS and names its constraint to the repository", async () => {
    const sql = `INSERT INTO parent (id) VALUES ('${secret}'), ('${secret}') RETURNING id`;
    const error = await refusal(run(open(), sql));
    expect(error.reason).toBe("ALREADY_EXISTS");
    expect(violatedConstraint(error)).toBe("parent_pkey");
  });

  it("a foreign key violation is INVALID_REQUEST and names its constraint to the repository", async () => {
    const error = await refusal(
      run(open(), `INSERT INTO child (id, parent_id) VALUES ('a', '${secret}') RETURNING id`),
    );
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(violatedConstraint(error)).toBe("child_parent_fkey");
  });

  it.each([
    ["a check violation", "INSERT INTO parent (id, n) VALUES ('a', 0) RETURNING id"],
    ["a text that is too long", "INSERT INTO parent (id, name) VALUES ('a', 's3cret-value') RETURNING id"],
    ["a number out of range", "SELECT 99999999999::int4"],
    ["a value of the wrong form", "SELECT 's3cret-value'::int4"],
    ["an invalid date", "SELECT '2026-02-30'::date::text"],
    ["an unstorable character in JSON", `SELECT '{"a":"\\u0000"}'::jsonb ->> 'a'`],
  ])("%s is INVALID_REQUEST with a violation", async (_name, sql) => {
    const error = await refusal(run(open(), sql));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.details.violations).toHaveLength(1);
  });

  it("a statement over its time is STATEMENT_TIMEOUT", async () => {
    expect((await refusal(run(open({ statementTimeoutMs: 50 }), "SELECT pg_sleep(5)::text"))).reason).toBe(
      "STATEMENT_TIMEOUT",
    );
  });

  it("a wait for a lock over its time is LOCK_TIMEOUT and may be tried again", async () => {
    await test.owner.query("INSERT INTO parent (id) VALUES ('a')");
    const holder = await test.owner.connect();
    try {
      await holder.query("BEGIN");
      await holder.query("UPDATE parent SET n = 1");
      const error = await refusal(run(open({ lockTimeoutMs: 50 }), "UPDATE parent SET n = 2 RETURNING id"));
      expect(error.reason).toBe("LOCK_TIMEOUT");
      expect(error.details.retryDelayMs).toBeGreaterThan(0);
    } finally {
      await holder.query("ROLLBACK");
      holder.release();
    }
  });

  it("a wait for a connection over its time is OVERLOADED and may be tried again", async () => {
    const database = open({ size: 1, waitMs: 1_000 });
    // The one connection is open before it counts: on a busy machine opening it takes time too.
    await run(database, "SELECT 1");
    const busy = ways.write(database, "SELECT pg_sleep(2)::text");
    const error = await refusal(run(database, "SELECT 1"));
    expect(error.reason).toBe("OVERLOADED");
    expect(error.details.retryDelayMs).toBeGreaterThan(0);
    await busy;
  });

  it("a refused connection is DATABASE_UNAVAILABLE and may be tried again", async () => {
    const url = new URL(test.serviceUrl);
    url.host = `127.0.0.1:${await closedPort()}`;
    const error = await refusal(run(open({ url: url.href }), "SELECT 1"));
    expect(error.reason).toBe("DATABASE_UNAVAILABLE");
    expect(error.details.retryDelayMs).toBeGreaterThan(0);
  });

  it("a host that cannot be resolved is DATABASE_UNAVAILABLE", async () => {
    const url = new URL(test.serviceUrl);
    url.hostname = "s3cret.invalid";
    expect((await refusal(run(open({ url: url.href }), "SELECT 1"))).reason).toBe("DATABASE_UNAVAILABLE");
  });

  it("a server that accepts but does not answer is DATABASE_UNAVAILABLE after the wait", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
    try {
      const url = new URL(test.serviceUrl);
      url.host = `127.0.0.1:${portOf(silent)}`;
      const error = await refusal(run(open({ url: url.href, waitMs: 100 }), "SELECT 1"));
      expect(error.reason).toBe("DATABASE_UNAVAILABLE");
    } finally {
      silent.close();
    }
  });

  it("a user and a database that are not there are DATABASE_UNAVAILABLE", async () => {
    const user = new URL(test.serviceUrl);
    user.username = "s3cret";
    expect((await refusal(run(open({ url: user.href }), "SELECT 1"))).reason).toBe("DATABASE_UNAVAILABLE");
    const database = new URL(test.serviceUrl);
    database.pathname = "/s3cret";
    expect((await refusal(run(open({ url: database.href }), "SELECT 1"))).reason).toBe("DATABASE_UNAVAILABLE");
  });

  it("a server at its limit of connections is OVERLOADED and may be tried again", async () => {
    await asAdmin(`ALTER DATABASE ${test.name} CONNECTION LIMIT 0`);
    try {
      const error = await refusal(run(open(), "SELECT 1"));
      expect(error.reason).toBe("OVERLOADED");
      expect(error.details.retryDelayMs).toBeGreaterThan(0);
    } finally {
      await asAdmin(`ALTER DATABASE ${test.name} CONNECTION LIMIT -1`);
    }
  });

  it("a read-only server is DATABASE_UNAVAILABLE", async () => {
    await asAdmin(`ALTER DATABASE ${test.name} SET default_transaction_read_only = on`);
    try {
      const error = await refusal(run(open(), "INSERT INTO parent (id) VALUES ('a') RETURNING id"));
      expect(error.reason).toBe("DATABASE_UNAVAILABLE");
    } finally {
      await asAdmin(`ALTER DATABASE ${test.name} RESET default_transaction_read_only`);
    }
  });

  it("a closed database is DATABASE_UNAVAILABLE", async () => {
    const database = openDatabase({ url: test.serviceUrl, log: silentLog });
    await database.close();
    expect((await refusal(run(database, "SELECT 1"))).reason).toBe("DATABASE_UNAVAILABLE");
  });

  it("a fault in our SQL stays a defect", async () => {
    const error: unknown = await run(open(), "SELECT nonsense").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(DomainError);
  });
});

describe("a NUL character", () => {
  it("in a value is INVALID_REQUEST by every way", async () => {
    const value = "a\u0000b";
    const database = open();
    const text = statement("nul", "SELECT $1::text AS value");
    const signal = new AbortController().signal;
    expect((await refusal(database.read(text, [value], signal))).reason).toBe("INVALID_REQUEST");
    const byPrisma = database.ask(signal, (prisma) => prisma.company.findUnique({ where: { id: value } }));
    expect((await refusal(byPrisma)).reason).toBe("INVALID_REQUEST");
  });
});

describe("a typed Prisma write", () => {
  const company = { id: "cmp_1", name: "One", country: "US", timeZone: "America/New_York" };
  const business = { id: "biz_1", companyId: "absent", name: "One" };

  it("that violates a unique constraint is ALREADY_EXISTS and names it (P2002)", async () => {
    const call = open().transact(writeWith(), async (tx) => {
      await tx.company.create({ data: company });
      await tx.company.create({ data: company });
    });
    const error = await refusal(call);
    expect(error.cause).toMatchObject({ code: "P2002" });
    expect(error.reason).toBe("ALREADY_EXISTS");
    expect(violatedConstraint(error)).toBe("company_pkey");
  });

  it("that violates a foreign key names it (P2003)", async () => {
    const call = open().transact(writeWith(), (tx) => tx.business.create({ data: business }));
    const error = await refusal(call);
    expect(error.cause).toMatchObject({ code: "P2003" });
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(violatedConstraint(error)).toMatch(/^business_.*fkey$/);
  });

  it("that loses a deadlock or a serialization is CONCURRENT_WRITE (P2034)", async () => {
    await test.owner.query(`
      CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$;
      CREATE TRIGGER lose BEFORE INSERT ON company FOR EACH ROW EXECUTE FUNCTION lose()`);
    try {
      const error = await refusal(open().transact(writeWith(), (tx) => tx.company.create({ data: company })));
      expect(error.cause).toMatchObject({ code: "P2034" });
      expect(error.reason).toBe("CONCURRENT_WRITE");
    } finally {
      await test.owner.query("DROP TRIGGER lose ON company; DROP FUNCTION lose");
    }
  });
});

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return address && typeof address === "object" ? address.port : 0;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const port = portOf(server);
  await new Promise((closed) => server.close(closed));
  return port;
}
