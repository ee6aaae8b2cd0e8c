import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { DuplicateService } from "../../src/gen/proto/moego/admin/v1/duplicate_service_pb.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { columnsHolding } from "../support/canaries.js";
import { knownPair, mergePair } from "../support/known-pair.js";
import { addRelationFields } from "../support/known-person.js";
import { newCustomer } from "../support/new-customer.js";
import { sellPackage } from "../support/new-package.js";
import { minimalPet } from "../support/new-pet.js";
import { madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";
import { dumpOf } from "../support/tenant-dump.js";

const server = await startServer();
afterAll(() => server.stop());
beforeAll(() => addRelationFields(server));

const { undoMerge, listMerges } = MergeService.method;
const { createCustomer, getCustomer, updateCustomer, appendCustomerNotes, appendCustomerTags } = CustomerService.method;
const { eraseCustomer, importCustomer } = CustomerAdminService.method;
const { owner } = server.database;
const companyId = "cmp_a";
/** Two people with everything take many requests. */
const manyRequestsMs = 120_000;
const notUndoable = { code: "FAILED_PRECONDITION", reason: "MERGE_NOT_UNDOABLE" } as const;

async function madePair(survivor: object = {}, merged: object = {}) {
  const { id } = await server.ok(createCustomer, newCustomer(survivor));
  const { id: fromId } = await server.ok(createCustomer, newCustomer(merged));
  return { companyId, id, fromId };
}

/** With whom a customer was found to be no duplicate. */
async function pairsOf(id: string): Promise<readonly string[]> {
  const { rows } = await owner.query<{ id: string }>(
    `SELECT CASE WHEN customer_id = $2 THEN other_customer_id ELSE customer_id END AS id FROM dismissed_duplicate
     WHERE company_id = $1 AND $2 IN (customer_id, other_customer_id)`,
    [companyId, id],
  );
  return rows.map((row) => row.id).toSorted();
}

async function importedAs(jobId: string): Promise<Readonly<Record<string, string>>> {
  const text = "SELECT key, record_id FROM import_record WHERE company_id = $1 AND job_id = $2";
  const { rows } = await owner.query<{ key: string; record_id: string }>(text, [companyId, jobId]);
  return Object.fromEntries(rows.map(({ key, record_id: id }) => [key, id]));
}

describe("the undo of a merge", () => {
  it(
    "restores the dump of all tables, of two people with everything",
    async () => {
      const pair = await knownPair(server);
      const before = await dumpOf(owner, companyId);
      const { merge } = await mergePair(server, pair);
      expect(await dumpOf(owner, companyId)).not.toEqual(before);
      const undone = await server.ok(undoMerge, { companyId, mergeId: merge.id });
      expect(undone).toMatchObject({ keptPaths: [], customer: { id: pair.id }, restored: { id: pair.fromId } });
      expect(await dumpOf(owner, companyId)).toEqual(before);
      expect((await server.ok(getCustomer, { id: pair.fromId })).id).toBe(pair.fromId);
    },
    manyRequestsMs,
  );

  it("restores pairs that are no duplicates and entries of imports, which the merge carried", async () => {
    const pair = await madePair();
    const [both, own, withdrawn, erased] = await Promise.all([1, 2, 3, 4].map(() => madeCustomer(server)));
    const others = [both, own, withdrawn, erased].map((other) => other?.id ?? "");
    const [bothId = "", ownId = "", withdrawnId = "", erasedId = ""] = others;
    const { dismissDuplicate, restoreDuplicate } = DuplicateService.method;
    const dismiss = (customerId: string, otherCustomerId: string) =>
      server.ok(dismissDuplicate, { companyId, customerId, otherCustomerId });
    for (const other of [...others, pair.id]) await dismiss(pair.fromId, other);
    await dismiss(pair.id, bothId);
    const job = {
      company_id: companyId,
      id: "imp_merged",
      name: "merged",
      kind: "owners",
      file_digest: "",
      author: "",
    };
    const entry = { company_id: companyId, job_id: job.id, kind: "customer", content_hash: "", row_number: 1 };
    const made = { ...entry, state: "CREATED", recorded_time: "2026-01-01T00:00:00Z" };
    await server.insert([
      ["import_job", [{ ...job, state: "DONE", started_time: "2026-01-01T00:00:00Z" }]],
      ["import_record", [pair.id, pair.fromId].map((id) => ({ ...made, key: `of ${id}`, record_id: id }))],
    ]);
    const { merge } = await mergePair(server, pair);
    expect(await pairsOf(pair.fromId)).toEqual([]);
    expect(await pairsOf(pair.id)).toEqual(others.toSorted());
    expect(await importedAs(job.id)).toEqual({ [`of ${pair.id}`]: pair.id, [`of ${pair.fromId}`]: pair.id });
    await server.ok(restoreDuplicate, { companyId, customerId: pair.id, otherCustomerId: withdrawnId });
    await server.ok(eraseCustomer, { companyId, id: erasedId });
    expect(await columnsHolding(owner, [erasedId])).not.toContain("customer_merge_snapshot.snapshot");
    await server.ok(undoMerge, { companyId, mergeId: merge.id });
    expect(await pairsOf(pair.fromId)).toEqual([bothId, ownId, pair.id].toSorted());
    expect(await pairsOf(pair.id)).toEqual([bothId, pair.fromId].toSorted());
    expect(await importedAs(job.id)).toEqual({ [`of ${pair.id}`]: pair.id, [`of ${pair.fromId}`]: pair.fromId });
  });

  it("restores the dump of a chain, the later merge first", async () => {
    const pair = await madePair({ address: { address1: "1 First St" } }, { address: { address1: "1 First St" } });
    const { id: last } = await madeCustomer(server, { tags: [{ id: "tag_a1" }] });
    const before = await dumpOf(owner, companyId);
    const { merge: first } = await mergePair(server, pair);
    const { merge: second } = await mergePair(server, { id: last, fromId: pair.id });
    const refusal = await server.refused(undoMerge, { companyId, mergeId: first.id });
    expect(refusal).toMatchObject({ ...notUndoable, metadata: { mergeId: first.id, cause: "MERGED_AGAIN" } });
    await server.ok(undoMerge, { companyId, mergeId: second.id });
    await server.ok(undoMerge, { companyId, mergeId: first.id });
    expect(await dumpOf(owner, companyId)).toEqual(before);
    const { merges } = await server.ok(listMerges, { companyId, customerId: pair.id, pagination: {} });
    expect(merges.map(({ undoneTime }) => undoneTime !== undefined)).toEqual([true, true]);
  });

  it("leaves with the survivor what happened since, and names it", async () => {
    const pair = await madePair(
      { firstName: "Ada", email: "" },
      { email: "ada@example.com", notes: [{ note: "Old" }] },
    );
    const { merge } = await mergePair(server, pair);
    await server.ok(updateCustomer, { companyId, id: pair.id, email: "new@example.com" });
    await server.ok(appendCustomerNotes, { id: pair.id, notes: [{ note: "New" }] });
    await server.ok(appendCustomerTags, { id: pair.id, tags: [{ id: "tag_a2" }] });
    await server.ok(PetService.method.createPet, { customerId: pair.id, pet: minimalPet });
    await sellPackage(server, { customerId: pair.id });
    const undone = await server.ok(undoMerge, { companyId, mergeId: merge.id });
    expect(undone.keptPaths).toEqual(["email", "notes", "packages", "pets", "tags"]);
    expect(undone.kept).toMatchObject({ notes: 1, pets: 1, packages: 1 });
    expect(undone.customer).toMatchObject({
      email: "new@example.com",
      notes: [{ note: "New" }],
      tags: [{ id: "tag_a2" }],
    });
    expect(undone.restored).toMatchObject({ email: "ada@example.com", notes: [{ note: "Old" }], tags: [] });
  });

  it("gives the restored record no permission that was withdrawn since", async () => {
    const pair = await madePair({ phone: "+14155556661" }, { phone: "+14155556662" });
    const { merge } = await mergePair(server, pair);
    for (const value of ["+14155556661", "+14155556662"])
      await server.ok(ConsentService.method.recordOptOut, { companyId, contact: { case: "phone", value } });
    const undone = await server.ok(undoMerge, { companyId, mergeId: merge.id });
    for (const customer of [undone.customer, undone.restored])
      expect(customer?.complianceConfig?.serviceRelatedChannels).toEqual([2]);
    const { entries } = await server.ok(ConsentService.method.listConsentHistory, {
      ...{ companyId, subject: { case: "customerId", value: pair.fromId }, pagination: {} },
    });
    expect(entries.map(({ rpc }) => rpc.split("/")[1])).toEqual(["UndoMerge", "CreateCustomer"]);
  });

  it("is answered again by its key, and refused a second time", async () => {
    const { merge } = await mergePair(server, await madePair());
    const call = { headers: { "idempotency-key": "undone-once" } };
    const undo = { companyId, mergeId: merge.id };
    const first = await server.ok(undoMerge, undo, call);
    expect(await server.ok(undoMerge, undo, call)).toEqual(first);
    const refusal = await server.refused(undoMerge, undo);
    expect(refusal).toMatchObject({ ...notUndoable, metadata: { mergeId: merge.id, cause: "UNDONE" } });
  });

  it("is refused after 30 days, when the clean-up removes the snapshot", async () => {
    const { merge } = await mergePair(server, await madePair());
    await owner.query("UPDATE customer_merge SET undoable_until = now() - interval '1 second' WHERE id = $1", [
      merge.id,
    ]);
    const refusal = await server.refused(undoMerge, { companyId, mergeId: merge.id });
    expect(refusal).toMatchObject({ ...notUndoable, metadata: { mergeId: merge.id, cause: "EXPIRED" } });
    const { rows } = await owner.query(
      "SELECT undoable_until > now() + interval '29 days' AS later FROM customer_merge WHERE undone_time IS NULL AND id <> $1",
      [merge.id],
    );
    expect(rows.every(({ later }) => later)).toBe(true);
  });
});

describe("an erasure after a merge", () => {
  it(
    "leaves nothing of either record, in no snapshot, and keeps both ids refused",
    async () => {
      const pair = await knownPair(server);
      const { merge } = await mergePair(server, pair);
      const sought = [...pair.canaries, ...pair.ids];
      expect(await columnsHolding(owner, pair.canaries)).toContain("customer_merge_snapshot.snapshot");
      await server.ok(eraseCustomer, { companyId, id: pair.id });
      expect(await columnsHolding(owner, sought)).toEqual(["departure.customer_id", "departure.resource_id"]);
      expect(await columnsHolding(owner, pair.canaries)).toEqual([]);
      for (const id of [pair.id, pair.fromId]) {
        const refusal = await server.refused(importCustomer, { companyId, id, customer: newCustomer() });
        expect(refusal).toMatchObject({ code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED" });
      }
      const refusal = await server.refused(undoMerge, { companyId, mergeId: merge.id });
      expect(refusal).toMatchObject({ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" });
    },
    manyRequestsMs,
  );

  it(
    "of a record that the snapshot of other people names leaves no trace of it there",
    async () => {
      const pair = await knownPair(server);
      const { id: friend } = await madeCustomer(server);
      const relation = { value: { case: "relation", value: { entity: 1, refId: friend } } } as const;
      await server.ok(updateCustomer, { companyId, id: pair.fromId, customFields: { field_relation: relation } });
      const { pets } = await server.ok(PetService.method.listPets, { customerId: pair.fromId });
      const petId = pets[0]?.id ?? "";
      const { merge } = await mergePair(server, pair);
      for (const id of [friend, pair.pointingId]) await server.ok(eraseCustomer, { companyId, id });
      await server.ok(PetAdminService.method.erasePet, { companyId, id: petId });
      const { rows } = await owner.query(
        "SELECT snapshot::text AS text FROM customer_merge_snapshot WHERE merge_id = $1",
        [merge.id],
      );
      for (const id of [friend, pair.pointingId, petId]) expect(rows[0].text).not.toContain(id);
      await server.ok(undoMerge, { companyId, mergeId: merge.id });
    },
    manyRequestsMs,
  );
});
