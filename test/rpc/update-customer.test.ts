import { afterAll, describe, expect, it } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { Address_Type } from "../../src/gen/proto/moego/common/v1/address_pb.js";
import { keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;
const companyId = "cmp_a";

describe("UpdateCustomer without a mask", () => {
  it("keeps everything that is absent, and answers as GetCustomer does", async () => {
    const before = messageJson(CustomerSchema, await server.ok(getCustomer, { id: "cus_a1" }));
    const updated = await server.ok(updateCustomer, { id: "cus_a1", companyId });
    expect(messageJson(CustomerSchema, updated)).toEqual({
      ...before,
      ...{ etag: "2", lastUpdatedBy: "staff_a1", lastUpdatedTime: expect.any(String) },
    });
    expect(await server.ok(getCustomer, { id: "cus_a1" })).toEqual(updated);
  });

  it("clears an optional text that is sent empty, and refuses that of a required one", async () => {
    const { id } = await server.ok(
      createCustomer,
      newCustomer({ email: "a@example.com", source: "x", colorCode: "#000000" }),
    );
    const cleared = await server.ok(updateCustomer, {
      id,
      companyId,
      email: "",
      source: "",
      colorCode: "",
      assignedStaffId: "",
    });
    expect(cleared).toMatchObject({ email: "", source: "", colorCode: "", assignedStaffId: "" });
    const { violations } = await server.refused(updateCustomer, {
      id,
      companyId,
      firstName: "",
      lastName: " ",
      phone: "",
      preferredBusinessId: "",
    });
    expect(violations.toSorted((a, b) => (a.field < b.field ? -1 : 1))).toEqual(
      ["first_name", "last_name", "phone", "preferred_business_id"].map((field) => ({ field, reason: "REQUIRED" })),
    );
  });

  it("takes a preference as it stands: an omitted member becomes false", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const { preference } = await server.ok(updateCustomer, {
      id,
      companyId,
      preference: { receiveAppointmentReminder: true },
    });
    expect(preference).toMatchObject({
      receiveAutoMessage: false,
      receiveAutoEmail: false,
      receiveAppointmentReminder: true,
    });
  });

  it("changes one member of the preference alone with a mask", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const updateMask = { paths: ["preference.receive_auto_email"] };
    const { preference } = await server.ok(updateCustomer, {
      id,
      companyId,
      preference: { receiveAutoEmail: false },
      updateMask,
    });
    expect(preference).toMatchObject({
      receiveAutoMessage: true,
      receiveAutoEmail: false,
      receiveAppointmentReminder: true,
    });
  });

  it("takes tags for the new set, and keeps them when there are none", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ tags: [{ id: "tag_a1" }, { id: "tag_a2" }] }));
    const replaced = await server.ok(updateCustomer, { id, companyId, tags: [{ id: "tag_a3" }, { id: "tag_a1" }] });
    expect(replaced.tags.map((tag) => tag.id)).toEqual(["tag_a1", "tag_a3"]);
    expect((await server.ok(updateCustomer, { id, companyId, tags: [] })).tags).toHaveLength(2);
  });

  it("edits a note with an id, adds one without, and keeps the others", async () => {
    const { id, notes } = await server.ok(createCustomer, newCustomer({ notes: [{ note: "one" }, { note: "two" }] }));
    const [two, one] = notes;
    const sent = [{ id: one?.id ?? "", note: "one changed" }, { note: "three" }];
    const updated = await server.ok(updateCustomer, { id, companyId, notes: sent });
    expect(updated.notes.map(({ note }) => note)).toEqual(["three", "two", "one changed"]);
    expect(updated.notes[1]).toEqual(two);
    expect(await server.refused(updateCustomer, { id, companyId, notes: [{ id: "cxn_a1", note: "x" }] })).toMatchObject(
      invalidField("notes[0].id", "NOT_FOUND"),
    );
  });

  it("leaves only the listed notes with a mask, each with its id", async () => {
    const { id, notes } = await server.ok(createCustomer, newCustomer({ notes: [{ note: "one" }, { note: "two" }] }));
    const kept = { id: notes[0]?.id ?? "", note: "two" };
    const updated = await server.ok(updateCustomer, {
      id,
      companyId,
      notes: [kept, { note: "new" }],
      updateMask: { paths: ["notes"] },
    });
    expect(updated.notes.map(({ note }) => note)).toEqual(["new", "two"]);
    expect(updated.notes[1]?.id).toBe(kept.id);
  });

  it("takes back what a customer points to though it was archived since, and nothing archived that is new", async () => {
    const { owner } = server.database;
    await owner.query(`
      INSERT INTO staff (company_id, id, first_name, last_name) VALUES ('cmp_a', 'staff_leaves', 'Lea', 'Ves');
      INSERT INTO business (company_id, id, name) VALUES ('cmp_a', 'biz_closes', 'Closes');
      INSERT INTO referral_source (company_id, id, name, display_order, last_updated_time)
      VALUES ('cmp_a', 'ref_ends', 'Ends', 99, now())`);
    const references = {
      ...{ assignedStaffId: "staff_leaves", preferredBusinessId: "biz_closes" },
      referralSource: { id: "ref_ends" },
    };
    const { id } = await server.ok(createCustomer, newCustomer(references));
    const other = await server.ok(createCustomer, newCustomer());
    await owner.query(`
      UPDATE staff SET archived_time = now() WHERE id = 'staff_leaves';
      UPDATE business SET archived_time = now() WHERE id = 'biz_closes';
      UPDATE referral_source SET archived_time = now() WHERE id = 'ref_ends'`);
    const updated = await server.ok(updateCustomer, { id, companyId, ...references, source: "x" });
    expect(updated).toMatchObject({ source: "x", assignedStaffId: "staff_leaves", preferredBusinessId: "biz_closes" });
    const { violations } = await server.refused(updateCustomer, { id: other.id, companyId, ...references });
    expect(violations.map(({ field }) => field).toSorted()).toEqual([
      ...["assigned_staff_id", "preferred_business_id", "referral_source.id"],
    ]);
  });

  it("ignores an unspecified status and refuses one that does not exist", async () => {
    expect(await server.ok(updateCustomer, { id: "cus_a1", companyId, status: 0 })).toMatchObject({ status: 1 });
    expect(await server.callJson(updateCustomer, { id: "cus_a1", companyId, status: 3 })).toMatchObject(
      invalidField("status", "NOT_ALLOWED"),
    );
  });

  it("finds no customer under another company of the key", async () => {
    const key = keys.enterprise;
    expect(await server.refused(updateCustomer, { id: "cus_b1", companyId, source: "x" }, { key })).toMatchObject(
      notFound,
    );
    expect(await server.ok(updateCustomer, { id: "cus_both", companyId: "cmp_b", source: "x" }, { key })).toMatchObject(
      {
        companyId: "cmp_b",
      },
    );
    expect(await server.ok(getCustomer, { id: "cus_both" })).toMatchObject({ source: "" });
  });
});

describe("the address of an update", () => {
  it("without an id changes the filled lines of the primary one, or makes it", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const made = await server.ok(updateCustomer, {
      id,
      companyId,
      address: { address1: "1 First St", city: "Boston" },
    });
    expect(made.address).toMatchObject([{ address1: "1 First St", city: "Boston", type: Address_Type.PRIMARY }]);
    const set = await server.ok(updateCustomer, { id, companyId, address: { address1: "2 Second St" } });
    expect(set.address).toMatchObject([{ id: made.address[0]?.id, address1: "2 Second St", city: "Boston" }]);
  });

  it("of empty strings clears the one with its id, or the primary one", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ address: { address1: "home" } }));
    const work = { address1: "work", type: Address_Type.SECONDARY };
    const { address } = await server.ok(updateCustomer, { id, companyId, address: work });
    const secondary = address.find(({ type }) => type === Address_Type.SECONDARY);
    const clear = (addressId: string) => ({ id, companyId, address: { id: addressId } });
    expect((await server.ok(updateCustomer, clear(secondary?.id ?? ""))).address).toMatchObject([{ address1: "home" }]);
    expect(await server.refused(updateCustomer, clear("addr_x"))).toMatchObject(
      invalidField("address.id", "NOT_FOUND"),
    );
    expect((await server.ok(updateCustomer, clear(""))).address).toEqual([]);
  });

  it("is the eleventh by no way round", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ address: { address1: "home" } }));
    const demote = async () => {
      const { address } = await server.ok(getCustomer, { id });
      const primary = address.find(({ type }) => type === Address_Type.PRIMARY);
      await server.ok(updateCustomer, {
        id,
        companyId,
        address: { id: primary?.id ?? "", type: Address_Type.SECONDARY },
      });
    };
    for (let count = 1; count < 10; count += 1) {
      await demote();
      await server.ok(updateCustomer, { id, companyId, address: { address1: `house ${count}` } });
    }
    await demote();
    const refused = invalidField("address", "TOO_MANY");
    expect(await server.refused(updateCustomer, { id, companyId, address: { address1: "x" } })).toMatchObject(refused);
    const byMask = { id, companyId, address: { city: "x" }, updateMask: { paths: ["address.city"] } };
    expect(await server.refused(updateCustomer, byMask)).toMatchObject(refused);
    expect((await server.ok(getCustomer, { id })).address).toHaveLength(10);
  });

  it("with an id edits the parts that are filled, of that address", async () => {
    const updated = await server.ok(updateCustomer, {
      id: "cus_a1",
      companyId,
      address: { id: "addr_a2", city: "Boston" },
    });
    expect(updated.address).toMatchObject([
      { id: "addr_a1", address1: "1 First St", city: "New York" },
      { id: "addr_a2", address1: "2 Second St", city: "Boston", postalCode: "10001", type: Address_Type.SECONDARY },
    ]);
  });

  it("that becomes the primary one makes the former one secondary", async () => {
    const address = { id: "addr_a2", type: Address_Type.PRIMARY };
    const updated = await server.ok(updateCustomer, { id: "cus_a1", companyId, address });
    expect(updated.address).toMatchObject([
      { id: "addr_a2", type: Address_Type.PRIMARY },
      { id: "addr_a1", type: Address_Type.SECONDARY },
    ]);
  });

  it("of type SECONDARY is added, up to ten in all", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ address: { address1: "home" } }));
    const add = (address1: string) => ({ id, companyId, address: { address1, type: Address_Type.SECONDARY } });
    for (let count = 2; count <= 10; count += 1) await server.ok(updateCustomer, add(`house ${count}`));
    expect(await server.refused(updateCustomer, add("house 11"))).toMatchObject(invalidField("address", "TOO_MANY"));
    expect((await server.ok(getCustomer, { id })).address).toHaveLength(10);
  });

  it("of another customer is not found", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    expect(
      await server.refused(updateCustomer, { id, companyId, address: { id: "addr_a1", city: "x" } }),
    ).toMatchObject(invalidField("address.id", "NOT_FOUND"));
  });
});

describe("the etag", () => {
  it("changes with every change, and lets an update through that knows the present one", async () => {
    const created = await server.ok(createCustomer, newCustomer());
    const updated = await server.ok(updateCustomer, { id: created.id, companyId, source: "a", etag: created.etag });
    expect(updated.etag).not.toBe(created.etag);
    await server.ok(updateCustomer, { id: created.id, companyId, source: "b", etag: updated.etag });
  });

  it("of an earlier state is refused with the present one, and nothing is written", async () => {
    const { id, etag } = await server.ok(createCustomer, newCustomer());
    const { etag: present } = await server.ok(updateCustomer, { id, companyId, source: "theirs" });
    for (const stale of [etag, "nonsense"]) {
      expect(await server.refused(updateCustomer, { id, companyId, source: "mine", etag: stale })).toMatchObject({
        code: "ABORTED",
        reason: "ETAG_MISMATCH",
        metadata: { etag: present },
      });
    }
    expect(await server.ok(getCustomer, { id })).toMatchObject({ source: "theirs", etag: present });
  });

  it("lets one of two racing updates through", async () => {
    const { id, etag } = await server.ok(createCustomer, newCustomer());
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((source) => server.call(updateCustomer, { id, companyId, source, etag })),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => (answer.ok ? [] : [answer.reason])))).toEqual(
      new Set(["ETAG_MISMATCH"]),
    );
  });
});

describe("the notes of an update", () => {
  it("name each note once", async () => {
    const notes = [
      { id: "cxn_a1", note: "one" },
      { id: "cxn_a1", note: "two" },
    ];
    expect(await server.refused(updateCustomer, { id: "cus_a1", companyId, notes })).toMatchObject(
      invalidField("notes[1].id", "DUPLICATE_FIELD"),
    );
  });
});
