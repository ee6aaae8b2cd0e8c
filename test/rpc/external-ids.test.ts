import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerBatchService } from "../../src/gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { mergePair } from "../support/known-pair.js";
import { newCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";
import { dumpOf } from "../support/tenant-dump.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, listCustomers, updateCustomer } = CustomerService.method;
const { importCustomer, eraseCustomer, archiveCustomer } = CustomerAdminService.method;
const { batchCreateCustomers } = CustomerBatchService.method;
const { owner } = server.database;
const companyId = "cmp_a";

const crm = (id: string) => ({ system: "crm", id });
const withIds = (...ids: string[]) => newCustomer({ externalIds: ids.map(crm) });
const idsOf = ({ externalIds }: { readonly externalIds: readonly { system: string; id: string }[] }) =>
  externalIds.map(({ system, id }) => `${system}/${id}`);
const taken = {
  ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" },
  metadata: { resource: "Customer", field: "external_ids" },
};

async function listed(ids: readonly { system: string; id: string }[], key = keys.a) {
  const request = { companyId, pagination: {}, filter: { externalIds: [...ids] } };
  return (await server.ok(listCustomers, request, { key })).customers.map(({ id }) => id);
}

describe("the external ids of a customer", () => {
  it("are stored by a create, and returned in order by every read", async () => {
    const given = [{ system: "pos", id: "Ж 1" }, crm("b"), crm("a")];
    const made = await server.ok(createCustomer, newCustomer({ externalIds: given }));
    expect(idsOf(made)).toEqual(["crm/a", "crm/b", "pos/Ж 1"]);
    expect(idsOf(await server.ok(getCustomer, { id: made.id }))).toEqual(idsOf(made));
    expect(await listed([{ system: "pos", id: "Ж 1" }, crm("nobody")])).toEqual([made.id]);
    expect(await listed([crm("nobody"), { system: "POS", id: "Ж 1" }])).toEqual([]);
  });

  it("are stored by imports and batches", async () => {
    const id = freshId();
    const imported = await server.ok(importCustomer, { companyId, id, customer: withIds("imported") });
    expect(idsOf(imported.customer ?? { externalIds: [] })).toEqual(["crm/imported"]);
    const { results } = await server.ok(batchCreateCustomers, {
      ...{ companyId, returnRecords: true },
      items: [{ customer: withIds("in batch 1") }, { customer: withIds("in batch 2") }],
    });
    expect(results.map(({ customer }) => idsOf(customer ?? { externalIds: [] }))).toEqual([
      ["crm/in batch 1"],
      ["crm/in batch 2"],
    ]);
  });

  it("belong to one customer of a company, archived or not, whatever writes them", async () => {
    const { id } = await server.ok(createCustomer, withIds("single"));
    const other = await server.ok(createCustomer, newCustomer());
    await server.ok(archiveCustomer, { companyId, id });
    expect(await server.refused(createCustomer, withIds("single"))).toMatchObject(taken);
    expect(
      await server.refused(importCustomer, { companyId, id: freshId(), customer: withIds("single") }),
    ).toMatchObject(taken);
    const update = { companyId, id: other.id, externalIds: [crm("single")] };
    expect(await server.refused(updateCustomer, update)).toMatchObject(taken);
    const { results } = await server.ok(batchCreateCustomers, {
      ...{ companyId, mode: 2 },
      items: [{ customer: withIds("single") }, { customer: withIds("twice") }, { customer: withIds("twice") }],
    });
    expect(results.map(({ error }) => error?.code)).toEqual([6, undefined, 6]);
    const elsewhere = { ...withIds("single"), companyId: "cmp_c", preferredBusinessId: "biz_c1" };
    expect(idsOf(await server.ok(createCustomer, elsewhere, { key: keys.c }))).toEqual(["crm/single"]);
  });

  it("go to one of 16 customers that are created at the same time", async () => {
    const sent = await Promise.all(Array.from({ length: 16 }, () => server.call(createCustomer, withIds("raced"))));
    expect(sent.filter(({ ok }) => ok).length).toBe(1);
    expect(await listed([crm("raced")])).toHaveLength(1);
  });

  it("are replaced by an update, and removed by its mask", async () => {
    const { id } = await server.ok(createCustomer, withIds("kept", "dropped"));
    const replaced = await server.ok(updateCustomer, { companyId, id, externalIds: [crm("kept"), crm("added")] });
    expect(idsOf(replaced)).toEqual(["crm/added", "crm/kept"]);
    const same = await server.ok(updateCustomer, { companyId, id, source: "x" });
    expect(idsOf(same)).toEqual(["crm/added", "crm/kept"]);
    const cleared = await server.ok(updateCustomer, { companyId, id, updateMask: { paths: ["external_ids"] } });
    expect(idsOf(cleared)).toEqual([]);
    const { rows } = await owner.query(
      "SELECT changed_fields FROM change WHERE resource_id = $1 AND 'external_ids' = ANY(changed_fields)",
      [id],
    );
    expect(rows).toHaveLength(2);
  });

  it("are refused with all violations if they are malformed, repeated or too many", async () => {
    const externalIds = [{ system: "", id: "" }, { system: "a/b", id: "x\ty" }, crm("same"), crm("same")];
    const { violations } = await server.refused(createCustomer, newCustomer({ externalIds }));
    expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      "external_ids[0].system REQUIRED",
      "external_ids[0].id REQUIRED",
      "external_ids[1].system INVALID_FORMAT",
      "external_ids[1].id INVALID_FORMAT",
    ]);
    const repeated = await server.refused(createCustomer, withIds("same", "same"));
    expect(repeated.violations).toMatchObject([{ field: "external_ids[1]", reason: "DUPLICATE_FIELD" }]);
    const many = await server.refused(createCustomer, withIds(...Array.from({ length: 51 }, (_, n) => `${n}`)));
    expect(many.violations).toMatchObject([{ field: "external_ids", reason: "TOO_MANY" }]);
  });

  it("are found only among the customers that the API key may read", async () => {
    const { id } = await server.ok(createCustomer, { ...withIds("elsewhere"), preferredBusinessId: "biz_a2" });
    expect(await listed([crm("elsewhere")])).toEqual([id]);
    expect(await listed([crm("elsewhere")], keys.businessA1)).toEqual([]);
  });
});

describe("external ids of people who are merged or erased", () => {
  it("go to the survivor, and come back with an undo", async () => {
    const pair = {
      id: (await server.ok(createCustomer, withIds("survivor"))).id,
      fromId: (await server.ok(createCustomer, withIds("merged", "removed"))).id,
    };
    const before = await dumpOf(owner, companyId);
    const { merge, customer } = await mergePair(server, pair);
    expect(idsOf(customer)).toEqual(["crm/merged", "crm/removed", "crm/survivor"]);
    expect(await listed([crm("merged")])).toEqual([pair.id]);
    await server.ok(MergeService.method.undoMerge, { companyId, mergeId: merge.id });
    expect(await dumpOf(owner, companyId)).toEqual(before);
    const again = await mergePair(server, pair);
    await server.ok(updateCustomer, {
      companyId,
      id: pair.id,
      externalIds: [crm("merged"), crm("survivor"), crm("new")],
    });
    await server.ok(MergeService.method.undoMerge, { companyId, mergeId: again.merge.id });
    expect(idsOf(await server.ok(getCustomer, { id: pair.id }))).toEqual(["crm/new", "crm/survivor"]);
    expect(idsOf(await server.ok(getCustomer, { id: pair.fromId }))).toEqual(["crm/merged"]);
  });

  it("keep a merge from exceeding the limit", async () => {
    const many = (name: string) => Array.from({ length: 30 }, (_, n) => `${name} ${n}`);
    const { id } = await server.ok(createCustomer, withIds(...many("one")));
    const { id: fromId } = await server.ok(createCustomer, withIds(...many("other")));
    const refused = await server.refused(MergeService.method.mergeCustomers, { companyId, id, fromId });
    expect(refused.violations).toMatchObject([{ field: "from_id", reason: "TOO_MANY" }]);
  });

  it("are free again once their customer was erased", async () => {
    const { id } = await server.ok(createCustomer, withIds("of the erased"));
    await server.ok(eraseCustomer, { companyId, id });
    expect(idsOf(await server.ok(createCustomer, withIds("of the erased")))).toEqual(["crm/of the erased"]);
  });
});
