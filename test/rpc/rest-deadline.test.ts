import { afterAll, expect, it } from "vitest";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { owner } = server.database;

/** Statements of the service that wait for a lock of somebody else. */
async function waiting(): Promise<number> {
  const { rows } = await owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE NOT l.granted AND a.datname = current_database()`,
  );
  return rows[0]?.count ?? 0;
}

it("a REST call whose Grpc-Timeout passes is answered with 504, its statement is cancelled and nothing is stored", async () => {
  const { companyId, id } = await madeCustomer(server, { firstName: "Before" });
  const lock = await owner.connect();
  try {
    await lock.query("BEGIN");
    await lock.query("SELECT id FROM customer WHERE company_id = $1 AND id = $2 FOR UPDATE", [companyId, id]);
    const pending = fetch(`${server.app.httpUrl}/v1/customers/${id}`, {
      method: "PUT",
      headers: {
        ...{ authorization: authorizationOf(keys.a), "content-type": "application/json" },
        "grpc-timeout": "3S",
      },
      body: JSON.stringify({ companyId, firstName: "After" }),
    });
    // The lock of the test is held all the while: what stops waiting was cancelled.
    await expect.poll(waiting, { timeout: 3_000, interval: 20 }).toBe(1);
    const response = await pending;
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({
      code: 4,
      details: expect.arrayContaining([expect.objectContaining({ reason: "DEADLINE_EXCEEDED" })]),
    });
    await expect.poll(waiting, { timeout: 3_000, interval: 20 }).toBe(0);
  } finally {
    await lock.query("ROLLBACK");
    lock.release();
  }
  const { rows } = await owner.query("SELECT first_name FROM customer WHERE company_id = $1 AND id = $2", [
    companyId,
    id,
  ]);
  expect(rows).toEqual([{ first_name: "Before" }]);
});
