import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WritableCompanies } from "../../src/core/write.js";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { statement } from "../../src/db/statement.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { writeWith } from "../support/write.js";

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await createDatabase();
  // One connection, so that every statement meets what the one before has left.
  database = openDatabase({ url: test.serviceUrl, size: 1, log: silentLog });
  await test.owner.query(`
    INSERT INTO company (id, name, country, time_zone) VALUES ('a', 'A', 'US', 'UTC'), ('b', 'B', 'US', 'UTC');
    INSERT INTO tag (company_id, id, name, name_key, last_updated_time)
      SELECT c, t, t, t, now() FROM unnest(ARRAY['a', 'b']) c, unnest(ARRAY['t1', 't2']) t;
    INSERT INTO company_customer_count (company_id, customers) VALUES ('a', 0), ('b', 0)`);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const renameAll = "UPDATE tag SET name = name RETURNING company_id";
const removeAll = "DELETE FROM company_customer_count RETURNING company_id";
const addTo = (company: string) =>
  `INSERT INTO tag (company_id, id, name, name_key, last_updated_time) VALUES ('${company}', 'new', 'new', 'new', now())`;

/** What both ways of writing do with a statement that forgets the company. Nothing of it is kept. */
const ways: Readonly<Record<string, (sql: string, companies: WritableCompanies) => Promise<unknown>>> = {
  "a statement of its own": (sql, companies) => {
    const undone = statement(
      "undone",
      `WITH w AS (${sql.replace(/^(INSERT.*)$/s, "$1 RETURNING company_id")}) SELECT * FROM w`,
    );
    return database.write(undone, [], writeWith({ companies }));
  },
  "a transaction": (sql, companies) =>
    database.transact(writeWith({ companies }), (tx) => tx.$executeRawUnsafe(sql.replace(/ RETURNING.*/, ""))),
};

/** How many tags each company has, and which have a counter. */
async function stored(): Promise<{ readonly tags: readonly string[]; readonly counters: readonly string[] }> {
  const tags = await test.owner.query("SELECT company_id || count(*) AS one FROM tag GROUP BY company_id ORDER BY 1");
  const counters = await test.owner.query("SELECT company_id AS one FROM company_customer_count ORDER BY 1");
  const [tagged, counted] = [tags, counters].map(({ rows }) => rows.map(({ one }) => String(one)));
  return { tags: tagged ?? [], counters: counted ?? [] };
}

describe.each(Object.entries(ways))("%s that forgets the company", (_, run) => {
  it("writes nothing of another one", async () => {
    await expect(run(renameAll, ["a"])).rejects.toMatchObject(refusal);
    await expect(run(addTo("b"), ["a"])).rejects.toMatchObject(refusal);
    await run(removeAll, ["a"]);
    expect(await stored()).toEqual({ tags: ["a2", "b2"], counters: ["b"] });
    await test.owner.query("INSERT INTO company_customer_count (company_id, customers) VALUES ('a', 0)");
  });

  it("writes nothing at all without a company", async () => {
    await expect(run(renameAll, [])).rejects.toMatchObject(refusal);
    await expect(run(addTo("a"), [])).rejects.toMatchObject(refusal);
    await run(removeAll, []);
    expect(await stored()).toEqual({ tags: ["a2", "b2"], counters: ["a", "b"] });
  });

  it("writes all companies for the deployment itself, and each of a list", async () => {
    await run(renameAll, "all");
    await run(renameAll, ["b", "a"]);
  });
});

const refusal = { message: expect.stringContaining("row-level security policy") };

describe("the setting", () => {
  const shown = statement("shown", "SELECT current_setting('moego.companies') AS companies");
  const signal = new AbortController().signal;
  const rest = () => database.read(shown, [], signal);

  it("ends with its statement, also when that fails", async () => {
    const set = statement("set", "SELECT current_setting('moego.companies') AS companies");
    const during = (companies: WritableCompanies) => database.write(set, [], writeWith({ companies }));
    expect(await during(["a"])).toEqual([{ companies: "a" }]);
    expect(await rest()).toEqual([{ companies: "" }]);
    expect(await during(["b", "c"])).toEqual([{ companies: "b,c" }]);
    await expect(
      database.write(statement("fails", "SELECT 1 / 0"), [], writeWith({ companies: ["a"] })),
    ).rejects.toMatchObject({ code: "22012" });
    expect(await rest()).toEqual([{ companies: "" }]);
    await database.transact(writeWith({ companies: ["a"] }), (tx) => tx.$queryRaw`SELECT 1`);
    expect(await rest()).toEqual([{ companies: "" }]);
  });

  it("leaves the connection as it was when a statement is wrong: it is refused the same way again", async () => {
    const wrong = statement("wrong", "SELECT nothing FROM tag");
    const call = () => database.write(wrong, [], writeWith({ companies: ["a"] }));
    await expect(call()).rejects.toMatchObject({ code: "42703" });
    await expect(call()).rejects.toMatchObject({ code: "42703" });
    const right = statement("right", "SELECT $1::text AS given, $2::bytea AS bytes");
    for (const given of ["x", null]) {
      const values = [given, Buffer.from("y")];
      expect(await database.write(right, values, writeWith())).toEqual([{ given, bytes: Buffer.from("y") }]);
    }
    expect(database.stats().total).toBe(1);
  });
});

describe("besides the statements of the server", () => {
  async function asService<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: test.serviceUrl });
    await client.connect();
    try {
      await client.query("BEGIN");
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const limitTo = (client: pg.Client, companies: string) =>
    client.query("SELECT set_config('moego.companies', $1, true)", [companies]);

  it("the function that changes ledgers refuses another company", async () => {
    const forget = "SELECT forget_subject('b', 'customer', 'gone', 'erased_x')";
    await asService(async (client) => {
      await limitTo(client, "b");
      await client.query(forget);
      await limitTo(client, "a");
      await expect(client.query(forget)).rejects.toMatchObject({ code: "42501" });
    });
  });

  it("a key can remove its expired idempotency record of another company, and no other", async () => {
    await asService(async (client) => {
      await limitTo(client, "a,b");
      await client.query(`INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, kind, resource_ids, expired_time)
        SELECT 'k', 'r', k, '', 'b', 'tag', '{}', now() + hours * interval '1 hour' FROM (VALUES ('old', -1), ('new', 1)) v (k, hours)`);
      await limitTo(client, "a");
      const { rows } = await client.query("DELETE FROM idempotency WHERE key_id = 'k' RETURNING key");
      expect(rows).toEqual([{ key: "old" }]);
    });
  });

  it("access of an API key is granted to what the request may write", async () => {
    const grant = (type: number, id: string, company: string) =>
      asService(async (client) => {
        await client.query("SELECT set_config('moego.companies', '*', true)");
        await client.query(
          "INSERT INTO api_key (id, name, created_time, updated_time) VALUES ('k', 'k', now(), now())",
        );
        await limitTo(client, "a,enterprise:e");
        await client.query("INSERT INTO api_key_organization VALUES ('k', $1, $2, $3)", [type, id, company]);
      });
    await grant(1, "location", "a");
    await grant(2, "a", "");
    await grant(3, "e", "");
    for (const [type, id, company] of [
      [1, "location", "b"],
      [2, "b", ""],
      [3, "a", ""],
      [2, "e", ""],
    ] as const)
      await expect(grant(type, id, company)).rejects.toMatchObject({ code: "42501" });
  });

  it("the previous build, which does not know the setting, writes as before", async () => {
    await asService(async (client) => {
      expect((await client.query(renameAll)).rowCount).toBe(4);
      await client.query(addTo("b"));
    });
  });
});

describe("the rights of the server", () => {
  it("delete rows only where its statements do", async () => {
    const { rows } = await test.owner.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.role_table_grants WHERE grantee = 'moego_service' AND privilege_type = 'DELETE'",
    );
    expect(rows.map(({ name }) => name).toSorted()).toEqual([
      ...["api_key_secret", "card_link", "company_customer_count", "company_secret", "customer", "customer_account"],
      ...["customer_address", "customer_external_id"],
      ...[
        "customer_merge",
        "customer_merge_snapshot",
        "customer_note",
        "customer_phone",
        "customer_profile",
        "customer_search",
        "customer_tag",
        "departure",
        "dismissed_duplicate",
        "external_api_secret",
        "flow_run",
        "idempotency",
        "import_record",
      ],
      ...["key_use", "lead"],
      ...["lead_external_id", "lead_note", "lead_phone", "lead_search", "lead_tag"],
      ...["package_external_id", "pet", "pet_external_id", "pet_note", "pet_pet_code", "pet_vaccination"],
    ]);
  });

  it("let it do nothing else to a table than read and write rows", async () => {
    const { rows } = await test.owner.query(
      `SELECT DISTINCT privilege_type AS kind FROM information_schema.role_table_grants
       WHERE grantee = 'moego_service' AND privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')`,
    );
    expect(rows).toEqual([]);
  });
});

/** Tables of tenants that lack a policy, by the commands that are not covered. */
async function uncovered(): Promise<readonly string[]> {
  const { rows } = await test.owner.query<{ lacking: string }>(`
    SELECT c.relname || ' ' || command AS lacking
    FROM pg_class c CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS command
    LEFT JOIN pg_policies p ON p.schemaname = 'public' AND p.tablename = c.relname AND p.cmd = command
      AND p.permissive = 'PERMISSIVE'
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
      AND (c.relname = 'company' OR EXISTS (SELECT 1 FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped))
      AND (NOT c.relrowsecurity OR (command <> 'SELECT'
        AND coalesce(p.with_check, CASE command WHEN 'DELETE' THEN p.qual END) IS NULL
        OR coalesce(p.with_check, p.qual, '') NOT LIKE CASE command WHEN 'SELECT' THEN '%' ELSE '%may\\_write(%' END))
    ORDER BY 1`);
  return rows.map(({ lacking }) => lacking);
}

describe("every table with a company", () => {
  it("has a policy for every command", async () => {
    expect(await uncovered()).toEqual([]);
  });

  it("would be missed here without one", async () => {
    const planted = ["CREATE TABLE planted (company_id text)", "ALTER POLICY company_update ON pet WITH CHECK (true)"];
    for (const sql of [...planted, "DROP POLICY company_delete ON lead"]) await test.owner.query(sql);
    const commands = ["DELETE", "INSERT", "SELECT", "UPDATE"].map((command) => `planted ${command}`);
    expect(await uncovered()).toEqual(["lead DELETE", "pet UPDATE", ...commands]);
  });
});
