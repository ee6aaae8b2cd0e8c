import { afterAll, describe, expect, it } from "vitest";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = DirectoryAdminService.method;
const platform = { key: keys.platform };
const operator = { key: keys.operator };

describe("the limit of a company", () => {
  it("is never passed when it is switched on during 32 concurrent creates", async () => {
    for (let round = 0; round < 4; round += 1) {
      const id = await companyOf(4);
      const creates = Array.from({ length: 32 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index));
        return server.call(CustomerService.method.createCustomer, customerOf(id), { key: keyOf(id) });
      });
      const limit = 12;
      await new Promise((resolve) => setTimeout(resolve, 8 * round));
      const { company } = await server.ok(rpc.updateCompany, { companyId: id, maxCustomers: limit }, operator);
      expect(company?.maxCustomers).toBe(limit);
      const during = await countOf(id);
      const answers = await Promise.all(creates);
      const { customers, counter } = await countOf(id);
      // Those that came before the switch count whatever the limit; after it the limit holds.
      expect(customers).toBe(Math.max(limit, during.customers));
      expect(counter).toBe(customers);
      const refused = answers.filter((answer) => !answer.ok);
      expect(answers.length - refused.length).toBe(customers - 4);
      for (const answer of refused) expect(answer).toMatchObject({ reason: "CUSTOMER_QUOTA_EXCEEDED" });
    }
  });

  it("holds while it is switched off, on and over under load", async () => {
    const id = await companyOf(0);
    let done = false;
    const switches = (async () => {
      for (const change of forever([{ maxCustomers: 20 }, { clearMaxCustomers: true }, { maxCustomers: 40 }])) {
        if (done) return;
        await server.ok(rpc.updateCompany, { companyId: id, ...change }, operator);
      }
    })();
    const create = () => server.call(CustomerService.method.createCustomer, customerOf(id), { key: keyOf(id) });
    const answers = await Promise.all(Array.from({ length: 64 }, create));
    done = true;
    await switches;
    await server.ok(rpc.updateCompany, { companyId: id, maxCustomers: 0 }, operator);
    const { customers, counter } = await countOf(id);
    expect(counter).toBe(customers);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(customers);
    expect(await create()).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "CUSTOMER_QUOTA_EXCEEDED" });
  });
});

function* forever<T>(values: readonly T[]): Generator<T> {
  for (;;) yield* values;
}

let companies = 0;

/** A company without a limit that has one location, a key and so many customers. */
async function companyOf(customers: number): Promise<string> {
  companies += 1;
  const id = `cmp_limit_${companies}`;
  await server.ok(rpc.createCompany, { id, name: "Zeta", country: "US", timeZone: "America/New_York" }, platform);
  await server.insert([["business", [{ company_id: id, id: "biz", name: "Here" }]]]);
  await server.insertKeys([keyOf(id)]);
  for (let made = 0; made < customers; made += 1) {
    await server.ok(CustomerService.method.createCustomer, customerOf(id), { key: keyOf(id) });
  }
  return id;
}

function keyOf(id: string) {
  return {
    ...keys.quota,
    id: `key_of_${id}`,
    secret: `secret-of-${id}`.padEnd(40, "-"),
    organizations: [{ type: "COMPANY", id }],
  } as const;
}

function customerOf(id: string) {
  return newCustomer({ companyId: id, preferredBusinessId: "biz" });
}

async function countOf(id: string): Promise<{ customers: number; counter: number | null }> {
  const { rows } = await server.database.owner.query<{ customers: number; counter: number | null }>(
    `SELECT (SELECT count(*)::int FROM customer WHERE company_id = $1) AS customers,
       (SELECT customers FROM company_customer_count WHERE company_id = $1) AS counter`,
    [id],
  );
  return rows[0] ?? { customers: 0, counter: null };
}
