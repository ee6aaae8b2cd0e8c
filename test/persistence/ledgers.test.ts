import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { bought, entry, line } from "../support/package-rows.js";
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

  it("is forgotten for a hash alone", async () => {
    const forget = "SELECT forget_subject('cmp_a', 'customer', 'nobody', 'somebody-else')";
    await expect(service.query(forget)).rejects.toMatchObject(refusedByTrigger);
    const unknownKind = "SELECT forget_subject('cmp_a', 'tag', 'nobody', 'erased_x')";
    await expect(service.query(unknownKind)).rejects.toMatchObject(refusedByTrigger);
  });

  it("takes a hash and nothing else once it is gone, and keeps that for good", async () => {
    await owner.query("DELETE FROM customer WHERE id = $1", [customerId]);
    await expect(rename("somebody-else")).rejects.toMatchObject(refusedByTrigger);
    // The address goes with the id, and is not replaced by another.
    await expect(rename("erased_x")).rejects.toMatchObject(refusedByTrigger);
    for (const ip of ["", "10.0.0.1"]) {
      const readdress = owner.query("UPDATE consent_event SET ip = $2 WHERE subject_id = $1", [customerId, ip]);
      await expect(readdress).rejects.toMatchObject(refusedByTrigger);
    }
    await service.query("SELECT forget_subject('cmp_a', 'customer', $1, 'erased_x')", [customerId]);
    const again = "UPDATE consent_event SET subject_id = 'erased_y' WHERE subject_id = 'erased_x'";
    await expect(owner.query(again)).rejects.toMatchObject(refusedByTrigger);
    const { rows } = await owner.query("SELECT ip FROM consent_event WHERE subject_id = 'erased_x'");
    expect(rows).toEqual([{ ip: "" }]);
  });
});

describe("the details of a change", () => {
  it.each([
    ...["client_address = ''", "client_address = '10.0.0.0'", "changed_fields = '{name}'", "location_after = 'biz_a2'"],
    ...["related_id = 'erased_x'", "related_kind = 'lead'", "location_before = NULL"],
  ])("stay while the record exists, for the owner too: %s", async (assignment) => {
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer());
    const sql = `UPDATE change SET ${assignment} WHERE resource_id = '${id}'`;
    await expect(owner.query(sql)).rejects.toMatchObject(refusedByTrigger);
  });
});

describe("the texts of a package's ledger", () => {
  const time = "2024-06-01T10:00:00Z";
  const blank = "UPDATE package_ledger SET note = '', appointment_id = '' WHERE id = 'ple_spoken'";
  beforeAll(async () => {
    const texts = { note: "He said so", appointment_id: "apt-1" };
    await server.insert([
      ["package", [bought("cmp_a", "pkg_spoken", "cus_gone", "biz_a1", time)]],
      ["package_service", [line("cmp_a", "ps_spoken", "pkg_spoken", 5)]],
      ["package_ledger", [entry("cmp_a", "ple_spoken", "pkg_spoken", "ps_spoken", time, texts)]],
    ]);
  });

  it("stay as long as the customer is not forgotten, for the owner too", async () => {
    for (const sql of [blank, "UPDATE package_ledger SET note = 'other' WHERE id = 'ple_spoken'"]) {
      await expect(owner.query(sql)).rejects.toMatchObject(refusedByTrigger);
      await expect(service.query(sql)).rejects.toMatchObject(notGranted);
    }
  });

  it("cannot be reached by giving the package to somebody else", async () => {
    for (const id of ["pkg_a1", "pkg_spoken"]) {
      const give = service.query("UPDATE package SET customer_id = 'cus_a2' WHERE id = $1", [id]);
      await expect(give).rejects.toMatchObject(refusedByTrigger);
    }
    const early = "UPDATE package SET customer_id = 'erased_x' WHERE id = 'pkg_a1'";
    await expect(service.query(early)).rejects.toMatchObject(refusedByTrigger);
  });

  it("go with the customer, but that something was named, and are never replaced by others", async () => {
    await service.query("SELECT forget_subject('cmp_a', 'customer', 'cus_gone', 'erased_y')");
    const read = "SELECT note, appointment_id, order_id, quantity FROM package_ledger WHERE id = 'ple_spoken'";
    const { rows } = await owner.query(read);
    expect(rows).toEqual([{ note: "", appointment_id: "erased", order_id: "", quantity: 1 }]);
    for (const change of ["note = 'other'", "appointment_id = 'apt-2'", "order_id = 'ord-1'", "quantity = 2"]) {
      const sql = `UPDATE package_ledger SET ${change} WHERE id = 'ple_spoken'`;
      await expect(owner.query(sql)).rejects.toMatchObject(refusedByTrigger);
      await expect(service.query(sql)).rejects.toMatchObject(notGranted);
    }
  });
});
