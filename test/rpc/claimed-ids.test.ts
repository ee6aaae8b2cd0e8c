import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { repeatables } from "../suites/repeated-calls.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { owner } = server.database;
const { importCustomer, eraseCustomer } = CustomerAdminService.method;
const { createTag } = CustomerSettingAdminService.method;
const { appendCustomerTags, createCustomer, updateCustomerNote } = CustomerService.method;
const { createLead } = LeadService.method;
const { eraseLead } = LeadAdminService.method;
const companyId = "cmp_a";

/** The tables whose rows an erasure deletes. No idempotency record holds the id of an address. */
const erasable = ["customer", "customer_note", "card_link", "customer_address", "lead", "lead_note", "pet", "pet_note"];

describe("an idempotency record stores the kind of what its ids name", () => {
  it.each(repeatables)("of $name", async ({ name, prepare }) => {
    const { send } = await prepare(server);
    const before = await idsByKind();
    expect(await send({ headers: { "idempotency-key": name } })).toMatchObject({ ok: true });
    const known = new Set([...before, ...(await idsByKind())]);
    const { rows } = await owner.query<{ kind: string; kind_of_rpc: string | null; ids: string[] }>(
      `SELECT kind, idempotency_kind(rpc) AS kind_of_rpc, resource_ids AS ids FROM idempotency
       WHERE rpc = $1 AND key = $1`,
      [name],
    );
    const [{ kind, kind_of_rpc: kindOfRpc, ids } = { kind: "", kind_of_rpc: null, ids: [] }] = rows;
    for (const id of ids.slice(0, 1)) expect(known).toContain(`${kind} ${id}`);
    const erased = erasable.filter((table) => ids.some((id) => known.has(`${table} ${id}`)));
    expect(erased).toEqual(ids.length > 0 && erasable.includes(kind) ? [kind] : []);
    // An RPC that is newer than the migration has no record without a kind.
    expect([kind, null]).toContain(kindOfRpc);
  });
});

describe("an idempotency record of the previous build, which stores no kind", () => {
  type Call = Parameters<typeof server.ok>[2];
  it.each([
    {
      kind: "customer",
      create: (call: Call) => server.ok(createCustomer, newCustomer(), call),
      retry: (call: Call) => server.refused(createCustomer, newCustomer(), call),
      erase: (id: string) => server.ok(eraseCustomer, { companyId, id }),
    },
    {
      kind: "lead",
      create: (call: Call) => server.ok(createLead, newLead(), call),
      retry: (call: Call) => server.refused(createLead, newLead(), call),
      erase: (id: string) => server.ok(eraseLead, { companyId, id }),
    },
  ])("is found by the erasure of its $kind", async ({ kind, create, retry, erase }) => {
    const call = { headers: { "idempotency-key": `previous-${kind}` } };
    const { id } = await create(call);
    await storeAsPreviousBuild(`previous-${kind}`);
    await erase(id);
    expect(await retry(call)).toMatchObject({ reason: "RESOURCE_ERASED" });
    const { rows } = await owner.query("SELECT kind FROM idempotency WHERE $1 = ANY (resource_ids)", [id]);
    expect(rows).toEqual([]);
  });

  it("is not found by it where the trigger is gone", async () => {
    const call = { headers: { "idempotency-key": "no-trigger" } };
    const { id } = await server.ok(createCustomer, newCustomer(), call);
    await owner.query("ALTER TABLE idempotency DISABLE TRIGGER idempotency_sets_kind");
    await storeAsPreviousBuild("no-trigger");
    await owner.query("ALTER TABLE idempotency ENABLE TRIGGER idempotency_sets_kind");
    await server.ok(eraseCustomer, { companyId, id });
    const { rows } = await owner.query("SELECT kind FROM idempotency WHERE $1 = ANY (resource_ids)", [id]);
    expect(rows).toEqual([{ kind: null }]);
  });
});

/** Stores a record again in the columns that the previous build knows, as the role of the service. */
async function storeAsPreviousBuild(key: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.database.serviceUrl });
  await client.connect();
  try {
    await client.query("SET ROLE moego_service");
    const columns = "key_id, rpc, key, fingerprint, company_id, resource_ids, expired_time";
    const { rowCount } = await client.query(
      `WITH stored AS (DELETE FROM idempotency WHERE key = $1 RETURNING *)
       INSERT INTO idempotency (${columns}) SELECT ${columns} FROM stored`,
      [key],
    );
    expect(rowCount).toBe(1);
  } finally {
    await client.end();
  }
}

describe("an erasure leaves what has the same id but is something else", () => {
  it("a tag: the repeated calls that made and gave it answer as before", async () => {
    const [id, other] = [await imported(), await imported()];
    const calls = [
      () => server.ok(createTag, { companyId, id, name: "Of the same id" }, claimed),
      () => server.ok(appendCustomerTags, { id: other, tags: [{ id }] }, claimed),
    ] as const;
    const before = [await calls[0](), await calls[1]()];
    await server.ok(eraseCustomer, { companyId, id });
    expect([await calls[0](), await calls[1]()]).toEqual(before);
  });

  it("a note of another customer: the repeated call that changed it answers as before", async () => {
    const id = await imported();
    const customerId = await imported([{ id, note: "x" }]);
    const change = () => server.ok(updateCustomerNote, { customerId, noteId: id, note: "y" }, claimed);
    const before = await change();
    await server.ok(eraseCustomer, { companyId, id });
    expect(await change()).toEqual(before);
  });
});

const claimed = { headers: { "idempotency-key": "same-id" } };

async function imported(notes: { id: string; note: string }[] = []): Promise<string> {
  const id = freshId();
  await server.ok(importCustomer, { companyId, id, customer: newCustomer({ notes }) });
  return id;
}

/** `kind id` of every row that has an id now. */
async function idsByKind(): Promise<string[]> {
  const tables = await owner.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'id' AND data_type = 'text'`,
  );
  const selects = tables.rows.map((table) => `SELECT '${table.name} ' || id AS name FROM ${table.name}`);
  const { rows } = await owner.query<{ name: string }>(selects.join(" UNION ALL "));
  return rows.map(({ name }) => name);
}
