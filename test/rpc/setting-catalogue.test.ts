import { afterAll, describe, expect, it } from "vitest";
import { ServiceItemType, ServiceType } from "../../src/gen/proto/moego/business/setting/v1/service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { getService, listServices, createService, updateService } = SettingService.method;

const nails = {
  ...{ companyId, name: "Nails", serviceItemType: ServiceItemType.GROOMING, serviceType: ServiceType.ADDON },
};

describe("the services catalogue", () => {
  it("gives a service with price, time and where it is offered by whom", async () => {
    expect(await server.ok(getService, { companyId, id: "srv_a2" })).toMatchObject({
      ...{ id: "srv_a2", name: "Haircut", serviceItemType: ServiceItemType.GROOMING, serviceTime: 60 },
      ...{ serviceType: ServiceType.SERVICE, price: { currencyCode: "USD", units: 50n, nanos: 500_000_000 } },
      ...{ availableBusinessIds: ["biz_a1"], availableStaffIds: ["staff_a1"], inactive: false },
    });
    expect((await server.ok(getService, { companyId, id: "srv_a1" })).price).toBeUndefined();
  });

  it("is listed by name, limited by location and by kind, without what is out of use", async () => {
    const ids = async (request: { businessIds?: string[]; filter?: object; showArchived?: boolean }) =>
      (await server.ok(listServices, { companyId, pagination: {}, ...request })).services.map(({ id }) => id);
    expect(await ids({})).toEqual(["srv_a1", "srv_a2", "srv_a3"]);
    expect(await ids({ businessIds: ["biz_a2"] })).toEqual(["srv_a1", "srv_a3"]);
    expect(await ids({ businessIds: ["biz_z"] })).toEqual(["srv_a1"]);
    expect(await ids({ filter: { itemTypes: [ServiceItemType.BOARDING] } })).toEqual(["srv_a3"]);
    expect(await ids({ showArchived: true })).toEqual(["srv_a1", "srv_a2", "srv_a3", "srv_a9"]);
    const unspecified = { companyId, pagination: {}, filter: { itemTypes: [0] } };
    expect((await server.refused(listServices, unspecified)).violations).toEqual([
      { field: "filter.item_types[0]", reason: "NOT_ALLOWED" },
    ]);
  });

  it("is read by a key limited to a location, which writes none of it", async () => {
    const key = keys.businessA1;
    expect((await server.ok(listServices, { companyId, pagination: {} }, { key })).services).not.toEqual([]);
    expect(await server.refused(createService, nails, { key })).toMatchObject({ reason: "SCOPE_REQUIRED" });
  });
});

describe("CreateService", () => {
  it("takes the locations of both fields together, each once", async () => {
    const places = { businessIds: ["biz_a2", "biz_a1"], availableBusinessIds: ["biz_a1"] };
    const service = await server.ok(createService, { ...nails, ...places });
    expect(service).toMatchObject({ id: expect.stringMatching(/^srv_/), availableBusinessIds: ["biz_a2", "biz_a1"] });
    expect(await server.ok(getService, { companyId, id: service.id })).toEqual(service);
  });

  it("keeps the id and the heading of a service that another system has kept", async () => {
    const service = await server.ok(createService, { ...nails, id: "Service.7", category: " Paws " });
    expect(service).toMatchObject({ id: "Service.7", category: "Paws" });
    expect(await server.ok(getService, { companyId, id: "Service.7" })).toEqual(service);
    const moved = await server.ok(updateService, { companyId, id: "Service.7", category: "Claws" });
    expect(moved.category).toBe("Claws");
    expect((await server.ok(updateService, { companyId, id: "Service.7", name: "Trim" })).category).toBe("Claws");
    expect((await server.ok(updateService, { companyId, id: "Service.7", category: "" })).category).toBe("");
  });

  it("of an id that the company has is ALREADY_EXISTS, of one that no caller may give INVALID_ARGUMENT", async () => {
    const taken = await server.refused(createService, { ...nails, id: "srv_a1" });
    expect(taken).toMatchObject({ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" });
    // An id of another company is no obstacle.
    expect((await server.ok(createService, { ...nails, id: "srv_c1" })).id).toBe("srv_c1");
    for (const [id, reason] of [
      ["no id", "INVALID_FORMAT"],
      ["erased_1", "NOT_ALLOWED"],
    ] as const) {
      const refusal = await server.refused(createService, { ...nails, id, category: "x".repeat(101) });
      expect(refusal.violations).toEqual([
        { field: "id", reason },
        { field: "category", reason: "TOO_LONG" },
      ]);
    }
  });

  it("names every location and staff member that the company does not have or has retired", async () => {
    const places = {
      ...{ businessIds: ["biz_a1", "biz_c1"], availableBusinessIds: ["biz_a9"] },
      availableStaffIds: ["staff_a1", "staff_a9", "staff_c1"],
    };
    expect((await server.refused(createService, { ...nails, ...places })).violations).toEqual([
      { field: "business_ids[1]", reason: "NOT_FOUND" },
      { field: "available_business_ids[0]", reason: "NOT_FOUND" },
      { field: "available_staff_ids[1]", reason: "NOT_FOUND" },
      { field: "available_staff_ids[2]", reason: "NOT_FOUND" },
    ]);
  });

  it("refuses all beside some, a price below 0 and a time without end", async () => {
    const bad = {
      ...nails,
      ...{ availableAllBusiness: true, availableBusinessIds: ["biz_a1"] },
      ...{ availableAllStaff: true, availableStaffIds: ["staff_a1"] },
      ...{ name: "", price: { currencyCode: "usd", units: -1n }, serviceTime: 100_001 },
    };
    expect((await server.refused(createService, bad)).violations.map(({ field }) => field).toSorted()).toEqual([
      "available_all_business",
      "available_all_staff",
      "name",
      "price.currency_code",
      "price.units",
      "service_time",
    ]);
  });
});

describe("UpdateService", () => {
  it("keeps what is absent, and makes all of some and some of all", async () => {
    const { id } = await server.ok(createService, {
      ...{ ...nails, price: { currencyCode: "USD", units: 5n }, serviceTime: 15 },
      ...{ availableBusinessIds: ["biz_a1"], availableStaffIds: ["staff_a2"] },
    });
    const named = { companyId, id };
    expect(await server.ok(updateService, { ...named, name: "Claws" })).toMatchObject({
      ...{ name: "Claws", serviceTime: 15, price: { units: 5n }, serviceType: ServiceType.ADDON },
      ...{ availableBusinessIds: ["biz_a1"], availableStaffIds: ["staff_a2"] },
    });
    expect(await server.ok(updateService, { ...named, availableAllBusiness: true })).toMatchObject({
      ...{ availableAllBusiness: true, availableBusinessIds: [], availableStaffIds: ["staff_a2"] },
    });
    expect(await server.ok(updateService, { ...named, businessIds: ["biz_a2"] })).toMatchObject({
      ...{ availableAllBusiness: false, availableBusinessIds: ["biz_a2"] },
    });
  });

  it("takes back where and by whom a service is offered, though they were archived since", async () => {
    const offered = { availableBusinessIds: ["biz_a1", "biz_a2"], availableStaffIds: ["staff_a1", "staff_a2"] };
    const { id } = await server.ok(createService, { ...nails, ...offered });
    const { owner } = server.database;
    const archive = async (time: string | null) => {
      await owner.query("UPDATE business SET archived_time = $1 WHERE company_id = 'cmp_a' AND id = 'biz_a2'", [time]);
      await owner.query("UPDATE staff SET archived_time = $1 WHERE company_id = 'cmp_a' AND id = 'staff_a2'", [time]);
    };
    await archive("2024-05-01T00:00:00Z");
    try {
      expect(await server.ok(updateService, { companyId, id, ...offered, name: "Claws" })).toMatchObject(offered);
      const fewer = { availableBusinessIds: ["biz_a1"], availableStaffIds: ["staff_a1"] };
      await server.ok(updateService, { companyId, id, ...fewer });
      // Once given up, they are archived ones like any other.
      expect((await server.refused(updateService, { companyId, id, ...offered })).violations).toEqual([
        { field: "available_business_ids[1]", reason: "NOT_FOUND" },
        { field: "available_staff_ids[1]", reason: "NOT_FOUND" },
      ]);
    } finally {
      await archive(null);
    }
  });

  it("takes a service out of use and back", async () => {
    const { id } = await server.ok(createService, nails);
    expect(await server.ok(updateService, { companyId, id, inactive: true })).toMatchObject({ inactive: true });
    expect(await server.ok(updateService, { companyId, id, inactive: false })).toMatchObject({ inactive: false });
  });
});
