import { afterAll, describe, expect, it } from "vitest";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { method: rpc } = CustomerSettingAdminService;

describe("the name of a tag", () => {
  it("is unique whatever its case, archived ones included", async () => {
    const taken = {
      ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" },
      metadata: { resource: "Tag", field: "name" },
    };
    for (const name of ["vip", "STRASSE", "retired"]) {
      expect(await server.refused(rpc.updateTag, { companyId, id: "tag_a3", name })).toMatchObject(taken);
    }
    for (const name of ["vip", "STRASSE"]) {
      expect(await server.refused(rpc.createTag, { companyId, name })).toMatchObject(taken);
    }
    expect(await server.refused(rpc.createTag, { companyId, name: "retired" })).toMatchObject({
      ...{ code: "FAILED_PRECONDITION", reason: "RESOURCE_ARCHIVED" },
      metadata: { resource: "Tag", id: "tag_a9" },
    });
  });

  it("may be spelled anew, and is free for another once it has changed", async () => {
    expect((await server.ok(rpc.updateTag, { companyId, id: "tag_a3", name: "NEWCOMER" })).tag).toMatchObject({
      name: "NEWCOMER",
    });
    await server.ok(rpc.updateTag, { companyId, id: "tag_a3", name: "Guest" });
    expect((await server.ok(rpc.createTag, { companyId, name: "Newcomer" })).tag).toMatchObject({ name: "Newcomer" });
  });

  it("given by two creators at once makes one tag", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => server.call(rpc.createTag, { companyId, name: "Only one" })),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("shows at once on the customers that carry the tag", async () => {
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ tags: [{ name: "Night" }] }));
    const [tag] = (await server.ok(CustomerService.method.getCustomer, { id })).tags;
    await server.ok(rpc.updateTag, { companyId, id: tag?.id ?? "", name: "Overnight" });
    expect((await server.ok(CustomerService.method.getCustomer, { id })).tags).toMatchObject([{ name: "Overnight" }]);
  });
});

it("stamps a changed tag with its author and time", async () => {
  const { tag: before } = await server.ok(rpc.createTag, { companyId, name: "Stamped" });
  const id = before?.id ?? "";
  const { tag: after } = await server.ok(rpc.updateTag, { companyId, id, group: "G" }, { key: keys.aOther });
  expect(before).toMatchObject({ lastUpdatedBy: "staff_a1" });
  expect(after).toMatchObject({ lastUpdatedBy: "", group: "G" });
  const milliseconds = (tag: typeof before) =>
    Number(tag?.lastUpdatedTime?.seconds ?? 0n) * 1_000 + (tag?.lastUpdatedTime?.nanos ?? 0) / 1e6;
  expect(milliseconds(after)).toBeGreaterThan(milliseconds(before));
});

describe("tag groups", () => {
  it("are the texts that tags in use share, by name, with their number", async () => {
    await server.ok(rpc.createTag, { companyId, name: "Gold", group: "Loyalty" });
    const { tag } = await server.ok(rpc.createTag, { companyId, name: "Cats only", group: "Animals" });
    expect(await groups()).toEqual([
      ["Animals", 1],
      ["G", 1],
      ["Loyalty", 2],
    ]);
    await server.ok(rpc.archiveTag, { companyId, id: tag?.id ?? "" });
    expect((await groups()).map(([name]) => name)).not.toContain("Animals");
  });

  it("are renamed on all their tags, archived ones too, and joined where the name is taken", async () => {
    const { tagGroup } = await server.ok(rpc.renameTagGroup, { companyId, group: "Animals", newGroup: "Loyalty" });
    expect(tagGroup).toMatchObject({ name: "Loyalty", tagCount: 2 });
    const { tags } = await server.ok(SettingService.method.listCustomerTags, { companyId, showArchived: true });
    expect(tags.filter(({ group }) => group === "Loyalty")).toHaveLength(3);
    expect(await server.refused(rpc.renameTagGroup, { companyId, group: "Animals", newGroup: "x" })).toMatchObject({
      ...{ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" },
    });
  });

  it("of another company are never touched", async () => {
    const { tagGroups } = await server.ok(rpc.listTagGroups, { companyId: "cmp_c" }, { key: keys.c });
    expect(tagGroups).toEqual([]);
  });
});

async function groups(): Promise<[string, number][]> {
  const { tagGroups } = await server.ok(rpc.listTagGroups, { companyId });
  return tagGroups.map(({ name, tagCount }) => [name, tagCount]);
}
