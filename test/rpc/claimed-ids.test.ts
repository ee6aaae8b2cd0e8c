import { afterAll, describe, expect, it } from "vitest";
import { rpcsWithErasableIds } from "../../src/db/erasure/erasable-claim-ids.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { repeatables } from "../suites/repeatables.js";
import { newCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { owner } = server.database;
const { importCustomer, eraseCustomer } = CustomerAdminService.method;
const { createTag } = CustomerSettingAdminService.method;
const { appendCustomerTags, updateCustomerNote } = CustomerService.method;
const companyId = "cmp_a";

/** Where that stands which an erasure takes. No claim holds the id of an address. */
const tables = {
  ...{ customer: "customer", note: "customer_note", cardLink: "card_link", address: "customer_address" },
  ...{ lead: "lead", pet: "pet", petNote: "pet_note" },
} as const;

const listed: readonly (readonly [string, readonly string[]])[] = Object.entries(rpcsWithErasableIds);

describe("an erasure knows what the ids name in a claim", () => {
  it.each(repeatables)("of $name", async ({ name, prepare }) => {
    const { send } = await prepare(server);
    const before = await takenByErasure();
    expect(await send({ headers: { "idempotency-key": name } })).toMatchObject({ ok: true });
    const known = new Set([...before, ...(await takenByErasure())]);
    const { rows } = await owner.query<{ id: string }>(
      "SELECT unnest(resource_ids) AS id FROM idempotency WHERE rpc = $1 AND key = $1",
      [name],
    );
    const kinds = Object.keys(tables).filter((kind) => rows.some(({ id }) => known.has(`${kind} ${id}`)));
    expect(kinds).toEqual(listed.flatMap(([kind, rpcs]) => (rpcs.includes(name) ? [kind] : [])));
  });

  it("and of no rpc that is none", () => {
    const names = repeatables.map(({ name }) => name);
    expect(listed.flatMap(([, rpcs]) => rpcs.filter((rpc) => !names.includes(rpc)))).toEqual([]);
  });
});

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

/** `kind id` of all that an erasure could take now. */
async function takenByErasure(): Promise<string[]> {
  const selects = Object.entries(tables).map(([kind, table]) => `SELECT '${kind} ' || id AS name FROM ${table}`);
  const { rows } = await owner.query<{ name: string }>(selects.join(" UNION ALL "));
  return rows.map(({ name }) => name);
}
