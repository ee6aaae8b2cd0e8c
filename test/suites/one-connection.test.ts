import { afterAll, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { rpcEntries } from "../resources/all-entries.js";
import { nameOf } from "../resources/method.js";
import { ableKey } from "../support/able-key.js";
import { startServer } from "../support/server.js";

// A call that takes a second connection while it holds the first would wait for itself.
const server = await startServer({ environment: { DATABASE_POOL_SIZE: "1", DATABASE_POOL_WAIT_MS: "2000" } });
afterAll(() => server.stop());

it.each(rpcEntries.map((entry) => [nameOf(entry.method), entry] as const))(
  "%s never holds more than one connection",
  async (_, { method, request }) => {
    const answer = await server.call(method, await request(server), { key: ableKey(method) });
    expect(answer).toMatchObject({ ok: true });
  },
);

it("control: a call that finds the only connection held is refused", async () => {
  const owner = await server.database.owner.connect();
  try {
    await owner.query("BEGIN");
    await owner.query("SELECT FROM customer WHERE company_id = 'cmp_a' AND id = 'cus_a1' FOR UPDATE");
    const update = { id: "cus_a1", companyId: "cmp_a", source: "A friend" };
    const holding = server.call(CustomerService.method.updateCustomer, update);
    const refused = await server.refused(CustomerService.method.updateCustomer, { ...update, id: "cus_a2" });
    expect(refused.reason).toBe("OVERLOADED");
    await owner.query("ROLLBACK");
    expect(await holding).toMatchObject({ ok: true });
  } finally {
    owner.release(true);
  }
});
