import { afterAll, describe, expect, it } from "vitest";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, appendCustomerTags, getCustomer, listCustomerTags, updateCustomer } = CustomerService.method;

/** The same tags by each way to name them. */
const ways = {
  CreateCustomer: async (tags: { id?: string; name?: string }[], key = keys.a) =>
    server.call(createCustomer, newCustomer({ tags }), { key }),
  UpdateCustomer: async (tags: { id?: string; name?: string }[], key = keys.a) =>
    server.call(updateCustomer, { id: await freshId(), companyId: "cmp_a", tags }, { key }),
  AppendCustomerTags: async (tags: { id?: string; name?: string }[], key = keys.a) =>
    server.call(appendCustomerTags, { id: await freshId(), tags }, { key }),
};

describe.each(Object.entries(ways))("%s", (_, write) => {
  it("takes a tag by its id, whatever name stands beside it", async () => {
    expect(await write([{ id: "tag_a1", name: "other" }])).toMatchObject({
      message: { tags: [{ id: "tag_a1", name: "VIP" }] },
    });
  });

  it.each(["VIP", "vip", " vIp "])("finds a tag by its name whatever its case: %s", async (name) => {
    expect(await write([{ name }])).toMatchObject({ message: { tags: [{ id: "tag_a1", name: "VIP" }] } });
  });

  it.each(["Straße", "STRASSE", "strasse"])("finds a name in every way its case can be folded: %s", async (name) => {
    expect(await write([{ name }])).toMatchObject({ message: { tags: [{ id: "tag_a2", name: "Straße" }] } });
  });

  it("creates a tag for a new name, in the company and by the author of the call", async () => {
    const name = `New by ${write.name} ${Math.random()}`;
    expect(await write([{ name }])).toMatchObject({
      message: { tags: [{ id: expect.stringMatching(/^tag_/), name }] },
    });
    const { tags } = await server.ok(SettingService.method.listCustomerTags, { companyId: "cmp_a" });
    expect(tags).toContainEqual(expect.objectContaining({ name, group: "", lastUpdatedBy: "staff_a1" }));
    const { tags: others } = await server.ok(
      SettingService.method.listCustomerTags,
      { companyId: "cmp_b" },
      { key: keys.b },
    );
    expect(others).not.toContainEqual(expect.objectContaining({ name }));
  });

  it("puts new tags behind those of the company, in the order of the call", async () => {
    const names = ["Z", "A"].map((name) => `${name} last ${Math.random()}`);
    const answer = await write([...names.map((name) => ({ name })), { id: "tag_a1" }]);
    expect(answer).toMatchObject({ ok: true });
    const { tags } = await server.ok(SettingService.method.listCustomerTags, { companyId: "cmp_a" });
    expect(tags.slice(-2).map((tag) => tag.name)).toEqual(names);
  });

  it("makes one tag of a name given twice in two spellings, and of a name and its id", async () => {
    const name = `Twice ${Math.random()}`;
    const answer = await write([{ name }, { name: name.toUpperCase() }, { id: "tag_a1" }, { name: "vip" }]);
    expect(answer).toMatchObject({ ok: true });
    expect(answer.ok && answer.message.tags.map((tag) => tag.name).toSorted()).toEqual([name, "VIP"].toSorted());
  });

  it("refuses ids that are unknown or of another company, each at its place, and creates nothing", async () => {
    const name = `Not created ${Math.random()}`;
    expect(await write([{ id: "tag_a1" }, { id: "tag_c1" }, { name }, { id: "tag_z" }])).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_REQUEST",
      violations: [
        { field: "tags[1].id", reason: "NOT_FOUND" },
        { field: "tags[3].id", reason: "NOT_FOUND" },
      ],
    });
    expect(await tagNames()).not.toContain(name);
  });

  it("refuses a tag that neither an id nor a name tells", async () => {
    expect(await write([{}])).toMatchObject(invalidField("tags[0].name", "REQUIRED"));
  });

  it.each([
    [{ name: "retired" }, "tags[0].name"],
    [{ id: "tag_a9" }, "tags[0].id"],
  ] as const)("refuses an archived tag: %j", async (tag, field) => {
    const violations = [{ field, reason: "ARCHIVED" }];
    expect(await write([{ ...tag }])).toMatchObject({ code: "INVALID_ARGUMENT", reason: "TAG_ARCHIVED", violations });
  });

  it("needs setting:write to create a tag, and not to use one that exists", async () => {
    const key = keys.aWithoutSettingWrite;
    expect(await write([{ name: "vip" }, { id: "tag_a2" }], key)).toMatchObject({ ok: true });
    const name = `Forbidden ${Math.random()}`;
    expect(await write([{ name }], key)).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "SCOPE_REQUIRED",
      metadata: { scope: "setting:write" },
    });
    expect(await tagNames()).not.toContain(name);
  });

  it("lets no key of a location create a tag", async () => {
    expect(await write([{ name: "vip" }], keys.businessA1)).toMatchObject({ ok: true });
    const refused = { code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED" };
    expect(await write([{ name: `Local ${Math.random()}` }], keys.businessA1)).toMatchObject(refused);
  });

  it("gives racing creators of one name the same tag", async () => {
    const name = `Race ${Math.random()}`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => write([{ name: n % 2 ? name : name.toUpperCase() }])),
    );
    const ids = answers.map((answer) => (answer.ok ? answer.message.tags[0]?.id : answer.reason));
    expect(new Set(ids).size).toBe(1);
  });
});

describe("AppendCustomerTags", () => {
  it("returns the tags it was given, in that order, and keeps those that were there", async () => {
    const id = await freshId([{ id: "tag_a1" }]);
    const { tags } = await server.ok(appendCustomerTags, { id, tags: [{ id: "tag_a3" }, { id: "tag_a1" }] });
    expect(tags.map((tag) => tag.id)).toEqual(["tag_a3", "tag_a1"]);
    expect((await server.ok(getCustomer, { id })).tags.map((tag) => tag.id)).toEqual(["tag_a1", "tag_a3"]);
  });

  it("leaves a customer with 50 tags at most", async () => {
    const tags = Array.from({ length: 49 }, (_, n) => ({ name: `Many ${n}` }));
    const id = await freshId(tags);
    await server.ok(appendCustomerTags, { id, tags: [{ id: "tag_a1" }, { name: "many 0" }] });
    expect(await server.refused(appendCustomerTags, { id, tags: [{ id: "tag_a2" }] })).toMatchObject(
      invalidField("tags", "TOO_MANY"),
    );
    expect((await server.ok(listCustomerTags, { id })).tags).toHaveLength(50);
  });

  it("takes 50 tags a call, not 51 and not none", async () => {
    const id = await freshId();
    const tags = Array.from({ length: 51 }, (_, n) => ({ name: `Many ${n % 50}` }));
    expect(await server.refused(appendCustomerTags, { id, tags })).toMatchObject(invalidField("tags", "TOO_MANY"));
    expect(await server.refused(appendCustomerTags, { id, tags: [] })).toMatchObject(invalidField("tags", "REQUIRED"));
    await server.ok(appendCustomerTags, { id, tags: tags.slice(0, 50) });
  });
});

describe("a tag that was archived since", () => {
  const other = { id: "tag_a1" };

  it("is no obstacle when the tags of a customer are sent back as read beside another", async () => {
    const { id, tags } = await customerWithArchivedTag();
    const update = { id, companyId: "cmp_a", tags: [...tags, other] };
    const ids = [tags[0]?.id, other.id].toSorted();
    const updated = await server.ok(updateCustomer, update);
    expect(updated.tags.map((tag) => tag.id).toSorted()).toEqual(ids);
    const masked = await server.ok(updateCustomer, { ...update, updateMask: { paths: ["tags"] } });
    expect(masked.tags.map((tag) => tag.id).toSorted()).toEqual(ids);
  });

  it.each(["id", "name"] as const)("may be appended to a customer that carries it, by its %s", async (way) => {
    const { id, tags } = await customerWithArchivedTag();
    const carried = { [way]: tags[0]?.[way] ?? "" };
    const answer = await server.ok(appendCustomerTags, { id, tags: [carried, other] });
    expect(answer.tags.map((tag) => tag.id)).toEqual([tags[0]?.id, other.id]);
  });

  it("is refused to a customer that carries it no more, and to one that never did", async () => {
    const { id, tags } = await customerWithArchivedTag();
    await server.ok(updateCustomer, { id, companyId: "cmp_a", tags: [other] });
    for (const customer of [id, await freshId()]) {
      const refusal = await server.refused(appendCustomerTags, { id: customer, tags: [{ id: tags[0]?.id ?? "" }] });
      expect(refusal).toMatchObject({ reason: "TAG_ARCHIVED", violations: [{ field: "tags[0].id" }] });
    }
  });

  async function customerWithArchivedTag() {
    const customer = await server.ok(createCustomer, newCustomer({ tags: [{ name: `Leaving ${Math.random()}` }] }));
    await server.ok(CustomerSettingAdminService.method.archiveTag, {
      companyId: "cmp_a",
      id: customer.tags[0]?.id ?? "",
    });
    return server.ok(getCustomer, { id: customer.id });
  }
});

describe("ListCustomerTags", () => {
  it("gives the tags by display order, then by name", async () => {
    const id = await freshId([{ id: "tag_a2" }, { id: "tag_a3" }, { id: "tag_a1" }]);
    const { tags } = await server.ok(listCustomerTags, { id });
    expect(tags.map((tag) => tag.name)).toEqual(["VIP", "Newcomer", "Straße"]);
  });

  it("is empty for a customer without tags", async () => {
    expect((await server.ok(listCustomerTags, { id: await freshId() })).tags).toEqual([]);
  });
});

async function freshId(tags: { id?: string; name?: string }[] = []): Promise<string> {
  return (await server.ok(createCustomer, newCustomer({ tags }))).id;
}

async function tagNames(): Promise<string[]> {
  const { rows } = await server.database.owner.query<{ name: string }>("SELECT name FROM tag");
  return rows.map(({ name }) => name);
}
