import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { asAdmin } from "../support/database.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { owner, name: database } = server.database;
const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;
const companyId = "cmp_a";

/** Makes the call while another transaction has made a change that it commits, or takes back, once the call waits. */
async function during<T>(change: string, end: "COMMIT" | "ROLLBACK", call: () => Promise<T>): Promise<T> {
  const other = await owner.connect();
  try {
    await other.query(`BEGIN; ${change}`);
    const answer = call();
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await asAdmin(waiting)).rowCount, { interval: 5 }).toBe(1);
    await other.query(end);
    return await answer;
  } finally {
    await other.query("ROLLBACK");
    other.release();
  }
}

describe("an update of a customer that another transaction changes after it was read", () => {
  const ofCustomer = (id: string) => `WHERE company_id = '${companyId}' AND id = '${id}'`;
  const changed = (id: string, assignments = "") =>
    `UPDATE customer SET version = version + 1${assignments} ${ofCustomer(id)}`;
  const noted = (
    id: string,
  ) => `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
    VALUES ('${companyId}', 'note_of_them', '${id}', 'Theirs', now(), now()); ${changed(id)}`;

  it.each<readonly [name: string, change: (id: string) => string, kept: object]>([
    ["keeps its fields", (id) => changed(id, ", last_name = 'Theirs'"), { lastName: "Theirs" }],
    ["keeps its notes", noted, { notes: [{ note: "Theirs" }] }],
  ])("%s", async (_, change, kept) => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const update = () => server.ok(updateCustomer, { id, companyId, firstName: "Mine" });
    const updated = await during(change(id), "COMMIT", update);
    expect(updated).toMatchObject({ firstName: "Mine", etag: "3", ...kept });
    expect(await server.ok(getCustomer, { id })).toEqual(updated);
  });

  it.each<readonly [name: string, change: (id: string) => string, reason: string]>([
    ["erased", (id) => `DELETE FROM customer ${ofCustomer(id)}`, "RESOURCE_NOT_FOUND"],
    ["archived", (id) => changed(id, ", archived_time = now()"), "RESOURCE_ARCHIVED"],
    ["changed", (id) => changed(id), "ETAG_MISMATCH"],
  ])("is refused if it was %s, and takes effect if that was taken back", async (_, change, reason) => {
    const { id, etag } = await server.ok(createCustomer, newCustomer());
    const update = { id, companyId, firstName: "Mine", etag };
    const refused = await during(change(id), "COMMIT", () => server.refused(updateCustomer, update));
    expect(refused).toMatchObject({ reason });
    const other = await server.ok(createCustomer, newCustomer());
    const again = { ...update, id: other.id };
    await during(change(other.id), "ROLLBACK", () => server.ok(updateCustomer, again));
    expect(await server.ok(getCustomer, { id: other.id })).toMatchObject({ firstName: "Mine", etag: "2" });
  });
});

describe("a promotion of a lead that another transaction changes after it was read", () => {
  const { createLead, getLead, promoteLead } = LeadService.method;
  const changed = (id: string, assignments = "") =>
    `UPDATE lead SET version = version + 1${assignments} WHERE company_id = '${companyId}' AND id = '${id}'`;
  const noted = (id: string) => `INSERT INTO lead_note (company_id, id, lead_id, note, created_time, last_updated_time)
    VALUES ('${companyId}', 'note_of_lead', '${id}', 'Theirs', now(), now()); ${changed(id)}`;

  it.each<readonly [name: string, change: (id: string) => string, kept: object]>([
    ["takes over its fields", (id) => changed(id, ", last_name = 'Theirs'"), { lastName: "Theirs" }],
    ["takes over its notes", noted, { notes: [{ note: "Theirs" }] }],
  ])("%s", async (_, change, kept) => {
    const { id } = await server.ok(createLead, newLead());
    const { customer } = await during(change(id), "COMMIT", () => server.ok(promoteLead, { id }));
    expect(customer).toMatchObject({ sourceLeadId: id, ...kept });
    expect(await server.ok(getCustomer, { id: customer?.id ?? "" })).toMatchObject(kept);
  });

  it("does nothing if it was archived", async () => {
    const { id } = await server.ok(createLead, newLead());
    const archived = changed(id, ", archived_time = now()");
    const refused = await during(archived, "COMMIT", () => server.refused(promoteLead, { id }));
    expect(refused).toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
    expect(await server.refused(getLead, { id })).toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
  });
});
