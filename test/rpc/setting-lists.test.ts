import { afterAll, describe, expect, it } from "vitest";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { Weight_Unit } from "../../src/gen/proto/moego/common/v1/weight_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { method: read } = SettingService;
const { method: lists } = CustomerSettingAdminService;
const { method: pets } = PetSettingAdminService;

describe("what a company lists", () => {
  it("comes by display order, then by name, and archived only when it is asked for", async () => {
    const { lifeCycles } = await server.ok(read.listLeadsLifeCycles, { companyId });
    expect(lifeCycles.map(({ id, isDefault }) => [id, isDefault])).toEqual([
      ["lc_a1", true],
      ["lc_a3", false],
      ["lc_a2", false],
    ]);
    const whole = await server.ok(read.listLeadsLifeCycles, { companyId, showArchived: true });
    expect(whole.lifeCycles.filter(({ archived }) => archived).map(({ id }) => id)).toEqual(["lc_a9"]);
  });

  it("has what each kind has", async () => {
    const { actionStatuses } = await server.ok(read.listLeadsActionStatus, { companyId });
    expect(actionStatuses).toMatchObject([
      { id: "as_a1", name: "To call", color: "#FF0000" },
      { id: "as_a2", name: "Contacted", color: "#00FF00" },
    ]);
    const { codes } = await server.ok(read.listPetCodes, { companyId });
    expect(codes).toMatchObject([{ id: "pc_a1", abbreviation: "B", description: "Bites", color: "#FF0000" }, {}]);
    const { petSizes } = await server.ok(read.listPetSizes, { companyId });
    expect(petSizes).toMatchObject([
      { id: "psz_a1", weightHigh: { value: 10, unit: Weight_Unit.KILOGRAM } },
      { id: "psz_a2", weightLow: { value: 11, unit: Weight_Unit.KILOGRAM } },
    ]);
    expect(petSizes[0]?.weightLow).toBeUndefined();
    const { petTypes } = await server.ok(read.listPetTypes, { companyId });
    expect(petTypes.map(({ name }) => name)).toEqual(["Cat", "Dog"]);
    const { petCoatTypes } = await server.ok(read.listPetCoatTypes, { companyId });
    expect(petCoatTypes.map(({ name }) => name)).toEqual(["Curly", "Short"]);
  });

  it("comes in pages when they are asked for, each entry once, and refuses a token when the entries before it change", async () => {
    const walk = async (pageSize: number) => {
      const seen: string[][] = [];
      let pageToken = "";
      do {
        const page = await server.ok(read.listCustomerTags, { companyId, pagination: { pageSize, pageToken } });
        seen.push(page.tags.map(({ id }) => id));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return seen;
    };
    const { tags, nextPageToken } = await server.ok(read.listCustomerTags, { companyId });
    const ids = tags.map(({ id }) => id);
    expect([ids.length > 2, nextPageToken]).toEqual([true, ""]);
    expect((await walk(2)).flat()).toEqual(ids);
    expect((await walk(2))[0]).toHaveLength(2);
    const numbered = await server.ok(read.listCustomerTags, { companyId, pagination: { pageSize: 1, pageToken: "2" } });
    expect(numbered.tags.map(({ id }) => id)).toEqual(ids.slice(1, 2));
    const first = await server.ok(read.listCustomerTags, { companyId, pagination: { pageSize: 2 } });
    const next = { companyId, pagination: { pageToken: first.nextPageToken } };
    await server.ok(lists.createTag, { companyId, name: "Last" });
    expect((await server.ok(read.listCustomerTags, next)).tags.map(({ id }) => id).slice(0, -1)).toEqual(ids.slice(2));
    await server.ok(lists.archiveTag, { companyId, id: ids[0] ?? "" });
    expect((await server.refused(read.listCustomerTags, next)).reason).toBe("PAGE_TOKEN_INVALID");
    await server.ok(lists.restoreTag, { companyId, id: ids[0] ?? "" });
    expect(await server.refused(read.listCustomerTags, { companyId, pagination: { pageSize: 501 } })).toMatchObject({
      violations: [{ field: "pagination.page_size", reason: "OUT_OF_RANGE" }],
    });
    expect((await server.refused(read.listPetCodes, next)).reason).toBe("PAGE_TOKEN_INVALID");
  });

  it("returns as much of a larger list as a client can receive, and the rest in the next page", async () => {
    await server.database.owner.query(
      `INSERT INTO custom_field (company_id, id, association_type, code, label, type, options, display_order, help_text, created_time, last_updated_by, last_updated_time)
       SELECT 'cmp_c', 'f' || n, 1, 'f' || n, 'Large', 6, '[]', n, repeat('x', 100000), now(), '', now() FROM generate_series(1, 50) n`,
    );
    const key = keys.c;
    const first = await server.ok(read.listCustomFields, { companyId: "cmp_c" }, { key });
    const pagination = { pageSize: 500, pageToken: first.nextPageToken };
    const rest = await server.ok(read.listCustomFields, { companyId: "cmp_c", pagination }, { key });
    expect([first.nextPageToken === "", rest.nextPageToken]).toEqual([false, ""]);
    const seen = [...first.customFields, ...rest.customFields].map(({ id }) => id).filter((id) => /^f\d+$/.test(id));
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => `f${n + 1}`));
  });

  it("is read by a key limited to a location, which writes none of it", async () => {
    const key = keys.businessA1;
    expect((await server.ok(read.listPetTypes, { companyId }, { key })).petTypes).toHaveLength(2);
    for (const refusal of [
      await server.refused(lists.createTag, { companyId, name: "Local" }, { key }),
      await server.refused(lists.archiveTag, { companyId, id: "tag_a1" }, { key }),
      await server.refused(pets.updatePetType, { companyId, id: "pt_a1", name: "x" }, { key }),
      await server.refused(pets.reorderPetTypes, { companyId, ids: ["pt_a1", "pt_a2"] }, { key }),
    ]) {
      expect(refusal).toMatchObject({
        ...{ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED" },
        metadata: { scope: "setting:write" },
      });
    }
  });
});

describe("creating an entry", () => {
  it("puts it at the end, under an id of ours or the one that it had elsewhere", async () => {
    const { petType } = await server.ok(pets.createPetType, { companyId, name: " Bird " });
    expect(petType).toMatchObject({ id: expect.stringMatching(/^pt_/), name: "Bird", archived: false });
    await server.ok(pets.createPetType, { companyId, id: "AntH7x2", name: "Ant" });
    const { petTypes } = await server.ok(read.listPetTypes, { companyId });
    expect(petTypes.map(({ id }) => id)).toEqual(["pt_a2", "pt_a1", petType?.id, "AntH7x2"]);
  });

  it("refuses an id that is taken, by an archived entry too, and says so", async () => {
    for (const id of ["pt_a1", "pt_a9"]) {
      expect(await server.refused(pets.createPetType, { companyId, id, name: "Twin" })).toMatchObject({
        ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" },
        metadata: { resource: "PetType", field: "id" },
      });
    }
  });

  it("takes an id that another company uses", async () => {
    const request = { companyId: "cmp_b", id: "pt_a1", name: "Hamster" };
    expect((await server.ok(pets.createPetType, request, { key: keys.b })).petType).toMatchObject({ id: "pt_a1" });
  });

  it("names everything that is wrong at once", async () => {
    const request = { companyId, id: "no id", name: "x".repeat(101), color: "red" };
    expect((await server.refused(lists.createActionStatus, request)).violations).toEqual([
      { field: "id", reason: "INVALID_FORMAT" },
      { field: "name", reason: "TOO_LONG" },
      { field: "color", reason: "INVALID_FORMAT" },
    ]);
  });
});

describe("changing an entry", () => {
  it("keeps what is absent and clears what is empty", async () => {
    const { petCode } = await server.ok(pets.createPetCode, {
      ...{ companyId, abbreviation: "E", description: "Epileptic", color: "#123456" },
    });
    const id = petCode?.id ?? "";
    const kept = await server.ok(pets.updatePetCode, { companyId, id, abbreviation: "EP" });
    expect(kept.petCode).toMatchObject({ abbreviation: "EP", description: "Epileptic", color: "#123456" });
    const cleared = await server.ok(pets.updatePetCode, { companyId, id, description: "", color: "" });
    expect(cleared.petCode).toMatchObject({ abbreviation: "EP", description: "", color: "" });
    expect((await server.refused(pets.updatePetCode, { companyId, id, abbreviation: "" })).violations).toEqual([
      { field: "abbreviation", reason: "REQUIRED" },
    ]);
  });

  it("is refused for an archived one until it is restored", async () => {
    const { petType } = await server.ok(pets.createPetType, { companyId, name: "Rat" });
    const id = petType?.id ?? "";
    expect((await server.ok(pets.archivePetType, { companyId, id })).petType).toMatchObject({ archived: true });
    expect(await server.refused(pets.updatePetType, { companyId, id, name: "Mouse" })).toMatchObject({
      ...{ code: "FAILED_PRECONDITION", reason: "RESOURCE_ARCHIVED" },
    });
    expect((await server.ok(pets.restorePetType, { companyId, id })).petType).toMatchObject({ archived: false });
    expect((await server.ok(pets.updatePetType, { companyId, id, name: "Mouse" })).petType).toMatchObject({
      name: "Mouse",
    });
  });

  it("leaves a change row for each change and none for what changes nothing", async () => {
    const { petType } = await server.ok(pets.createPetType, { companyId, name: "Fish" });
    const id = petType?.id ?? "";
    await server.ok(pets.updatePetType, { companyId, id, name: "Carp" });
    await server.ok(pets.archivePetType, { companyId, id });
    await server.ok(pets.archivePetType, { companyId, id });
    const { rows } = await server.database.owner.query(
      "SELECT version::int, rpc, staff_id FROM change WHERE kind = 'pet_type' AND resource_id = $1 ORDER BY id",
      [id],
    );
    expect(rows.map(({ version, rpc, staff_id: staff }) => [version, rpc.split("/")[1], staff])).toEqual([
      [1, "CreatePetType", "staff_a1"],
      [2, "UpdatePetType", "staff_a1"],
      [3, "ArchivePetType", "staff_a1"],
    ]);
  });
});

describe("a new order", () => {
  it("is that of the list from then on; archived entries come last", async () => {
    const { lifeCycles } = await server.ok(lists.reorderLifeCycles, { companyId, ids: ["lc_a2", "lc_a1", "lc_a3"] });
    expect(lifeCycles.map(({ id }) => id)).toEqual(["lc_a2", "lc_a1", "lc_a3"]);
    const whole = await server.ok(read.listLeadsLifeCycles, { companyId, showArchived: true });
    expect(whole.lifeCycles.map(({ id }) => id)).toEqual(["lc_a2", "lc_a1", "lc_a3", "lc_a9"]);
  });

  it("names every entry in use exactly once", async () => {
    const reorder = (ids: string[]) => server.refused(lists.reorderActionStatuses, { companyId, ids });
    expect((await reorder(["as_a1"])).violations).toEqual([{ field: "ids", reason: "TOO_FEW" }]);
    expect((await reorder(["as_a1", "as_a1", "as_a9", "as_c1"])).violations).toEqual([
      { field: "ids[1]", reason: "CONFLICT" },
      { field: "ids[2]", reason: "ARCHIVED" },
      { field: "ids[3]", reason: "NOT_FOUND" },
      { field: "ids", reason: "TOO_FEW" },
    ]);
  });

  it("raises the version of what has moved alone", async () => {
    const before = await versions();
    await server.ok(lists.reorderActionStatuses, { companyId, ids: ["as_a1", "as_a2"] });
    expect(await versions()).toEqual(before);
    await server.ok(lists.reorderActionStatuses, { companyId, ids: ["as_a2", "as_a1"] });
    expect(await versions()).toEqual({
      ...before,
      as_a1: (before["as_a1"] ?? 0) + 1,
      as_a2: (before["as_a2"] ?? 0) + 1,
    });
  });

  it("survives other writers of the list: no entry is lost and no place taken twice", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `Coat ${index}`);
    const ids = ["pct_a2", "pct_a1"];
    await Promise.all([
      ...names.map((name) => server.ok(pets.createPetCoatType, { companyId, name })),
      server.call(pets.reorderPetCoatTypes, { companyId, ids }),
      server.call(pets.reorderPetCoatTypes, { companyId, ids: ids.toReversed() }),
    ]);
    const { rows } = await server.database.owner.query(
      `SELECT count(*)::int AS entries, count(DISTINCT display_order)::int AS places FROM pet_coat_type
       WHERE company_id = 'cmp_a' AND id NOT IN ('pct_a1', 'pct_a2', 'pct_a9')`,
    );
    expect(rows).toEqual([{ entries: 12, places: 12 }]);
  });
});

describe("what is archived", () => {
  it("stays on the records that have it and cannot be given to others", async () => {
    const { tag } = await server.ok(lists.createTag, { companyId, name: "Summer guest" });
    const tagId = tag?.id ?? "";
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ tags: [{ id: tagId }] }));
    await server.ok(lists.archiveTag, { companyId, id: tagId });
    expect((await server.ok(CustomerService.method.getCustomer, { id })).tags).toMatchObject([
      { id: tagId, archived: true },
    ]);
    for (const one of [{ id: tagId }, { name: "SUMMER guest" }]) {
      expect(await server.refused(CustomerService.method.createCustomer, newCustomer({ tags: [one] }))).toMatchObject({
        reason: "TAG_ARCHIVED",
      });
    }
    const { referralSource } = await server.ok(lists.createReferralSource, { companyId, name: "Radio" });
    const source = { id: referralSource?.id ?? "" };
    await server.ok(lists.archiveReferralSource, { companyId, id: source.id });
    expect(
      (await server.refused(CustomerService.method.createCustomer, newCustomer({ referralSource: source }))).violations,
    ).toEqual([{ field: "referral_source.id", reason: "NOT_FOUND" }]);
  });
});

describe("the default life cycle", () => {
  it("is the first one that a company has", async () => {
    const key = keys.c;
    const made = await server.ok(lists.createLifeCycle, { companyId: "cmp_c", name: "Start" }, { key });
    expect(made.lifeCycle).toMatchObject({ isDefault: true });
    const second = await server.ok(lists.createLifeCycle, { companyId: "cmp_c", name: "Next" }, { key });
    expect(second.lifeCycle).toMatchObject({ isDefault: false });
  });

  it("cannot be archived before another one takes its place, in which new leads then start", async () => {
    expect(await server.refused(lists.archiveLifeCycle, { companyId, id: "lc_a1" })).toMatchObject({
      ...{ code: "FAILED_PRECONDITION", reason: "DEFAULT_LIFE_CYCLE" },
    });
    const { lifeCycle } = await server.ok(lists.setDefaultLifeCycle, { companyId, id: "lc_a2" });
    expect(lifeCycle).toMatchObject({ id: "lc_a2", isDefault: true });
    expect((await server.ok(LeadService.method.createLead, newLead())).lifeCycle).toMatchObject({ id: "lc_a2" });
    const archived = await server.ok(lists.archiveLifeCycle, { companyId, id: "lc_a1" });
    expect(archived.lifeCycle).toMatchObject({ archived: true, isDefault: false });
    expect(await server.refused(lists.setDefaultLifeCycle, { companyId, id: "lc_a1" })).toMatchObject({
      reason: "RESOURCE_ARCHIVED",
    });
  });

  it("is exactly one, whoever sets it at the same time", async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const { lifeCycle } = await server.ok(lists.createLifeCycle, { companyId, name: `Stage ${index}` });
        return lifeCycle?.id ?? "";
      }),
    );
    await Promise.all(ids.map((id) => server.ok(lists.setDefaultLifeCycle, { companyId, id })));
    const { lifeCycles } = await server.ok(read.listLeadsLifeCycles, { companyId });
    expect(lifeCycles.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });
});

describe("the limits of a pet size", () => {
  it("are each kept, replaced or taken away, in units of their own", async () => {
    const limits = { weightLow: { value: 5 }, weightHigh: { value: 22, unit: Weight_Unit.POUND } };
    const { petSize } = await server.ok(pets.createPetSize, { companyId, name: "Medium", ...limits });
    expect(petSize).toMatchObject({
      weightLow: { unit: Weight_Unit.KILOGRAM },
      weightHigh: { unit: Weight_Unit.POUND },
    });
    const id = petSize?.id ?? "";
    const open = await server.ok(pets.updatePetSize, { companyId, id, clearWeightHigh: true });
    expect(open.petSize?.weightHigh).toBeUndefined();
    expect(open.petSize).toMatchObject({ weightLow: { value: 5 } });
  });

  it("stand in their order whatever the units, and are not both set and cleared", async () => {
    // 10 lb are 4.5 kg.
    const request = {
      companyId,
      name: "Odd",
      weightLow: { value: 5 },
      weightHigh: { value: 10, unit: Weight_Unit.POUND },
    };
    const violations = [{ field: "weight_high", reason: "CONFLICT" }];
    expect(await server.refused(pets.createPetSize, request)).toMatchObject({ violations });
    const low = { companyId, id: "psz_a1", weightLow: { value: 11 } };
    expect(await server.refused(pets.updatePetSize, low)).toMatchObject({ violations });
    expect((await server.refused(pets.updatePetSize, { ...low, clearWeightLow: true })).violations).toEqual([
      { field: "clear_weight_low", reason: "CONFLICT" },
    ]);
  });
});

async function versions(): Promise<Record<string, number>> {
  const { rows } = await server.database.owner.query<{ id: string; version: number }>(
    "SELECT id, version::int FROM action_status WHERE company_id = 'cmp_a' AND archived_time IS NULL",
  );
  return Object.fromEntries(rows.map(({ id, version }) => [id, version]));
}
