import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
const { owner } = server.database;
let service: pg.Client;
let customerId: string;

beforeAll(async () => {
  service = new pg.Client({ connectionString: server.database.serviceUrl });
  await service.connect();
  ({ id: customerId } = await server.ok(CustomerService.method.createCustomer, newCustomer()));
});
afterAll(async () => {
  await service.end();
  await server.stop();
});

const notGranted = { code: "42501" };
const refusedByTrigger = { code: "23001" };
const writes = (table: string, column: string) => [
  `UPDATE ${table} SET ${column} = ${column}`,
  `DELETE FROM ${table}`,
  `TRUNCATE ${table}`,
];

describe.each([
  ["consent_event", "after"],
  ["change", "version"],
  ["package_ledger", "quantity"],
])("the ledger %s", (table, column) => {
  it("has rows to lose", async () => {
    const { rows } = await owner.query(`SELECT 1 FROM ${table} LIMIT 1`);
    expect(rows).toHaveLength(1);
  });

  it.each(writes(table, column))("cannot be changed by the role of the service: %s", async (sql) => {
    await expect(service.query(sql)).rejects.toMatchObject(notGranted);
  });

  it.each(writes(table, column))("cannot be changed by the owner either, a trigger refuses: %s", async (sql) => {
    const refused = sql.startsWith("TRUNCATE") ? { code: expect.stringMatching(/^(23001|0A000)$/) } : refusedByTrigger;
    await expect(owner.query(sql)).rejects.toMatchObject(refused);
  });
});

describe("the subject of a ledger row", () => {
  const rename = (id: string) =>
    owner.query("UPDATE consent_event SET subject_id = $2 WHERE subject_id = $1", [customerId, id]);

  it("keeps its id as long as it exists, for the owner and for the function of the service", async () => {
    await expect(rename("erased_x")).rejects.toMatchObject(refusedByTrigger);
    const forget = "SELECT forget_subject('cmp_a', 'customer', $1, 'erased_x')";
    await expect(service.query(forget, [customerId])).rejects.toMatchObject(refusedByTrigger);
  });

  it("takes a hash and nothing else once it is gone, and keeps that for good", async () => {
    await owner.query("DELETE FROM customer WHERE id = $1", [customerId]);
    await expect(rename("somebody-else")).rejects.toMatchObject(refusedByTrigger);
    await service.query("SELECT forget_subject('cmp_a', 'customer', $1, 'erased_x')", [customerId]);
    const again = "UPDATE consent_event SET subject_id = 'erased_y' WHERE subject_id = 'erased_x'";
    await expect(owner.query(again)).rejects.toMatchObject(refusedByTrigger);
  });
});
