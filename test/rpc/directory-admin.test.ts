import { afterAll, describe, expect, it } from "vitest";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = DirectoryAdminService.method;
const companyId = "cmp_a";
const platform = { key: keys.platform };
const operator = { key: keys.operator };
const zeta = { name: "Zeta", country: "US", timeZone: "America/New_York" };

describe("CreateCompany", () => {
  it("keeps an imported id, refuses it twice, and makes one where none is given", async () => {
    const imported = await server.ok(rpc.createCompany, { ...zeta, id: "copH7x2", maxCustomers: 5 }, platform);
    expect(imported.company).toMatchObject({ id: "copH7x2", maxCustomers: 5, enterpriseId: "" });
    expect(await server.refused(rpc.createCompany, { ...zeta, id: "copH7x2" }, platform)).toMatchObject({
      ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS", metadata: { resource: "Company", field: "id" } },
    });
    expect((await server.ok(rpc.createCompany, zeta, platform)).company?.id).toMatch(/^cmp_[0-9A-Za-z]{22}$/);
  });

  it("answers twins that bring an id of their own with one company", async () => {
    const options = { ...platform, headers: { "idempotency-key": "twins-of-a-company" } };
    const twins = Array.from({ length: 8 }, () => server.ok(rpc.createCompany, { ...zeta, id: "cmp_twin" }, options));
    for (const { company } of await Promise.all(twins)) expect(company?.id).toBe("cmp_twin");
    expect(await changesOf("cmp_twin")).toHaveLength(1);
  });

  it("says everything that is wrong at once", async () => {
    const wrong = { id: "a b", name: "x".repeat(101), country: "ZZ", timeZone: "Mars/Olympus", maxCustomers: -1 };
    const more = { enterpriseId: "é", upcomingAppointmentsUrlTemplate: "http://x.example" };
    const { violations } = await server.refused(rpc.createCompany, { ...wrong, ...more }, platform);
    expect(violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      ...["country INVALID_FORMAT", "enterprise_id INVALID_FORMAT", "id INVALID_FORMAT", "max_customers OUT_OF_RANGE"],
      ...["name TOO_LONG", "time_zone INVALID_FORMAT", "upcoming_appointments_url_template INVALID_FORMAT"],
    ]);
  });

  it("takes a zone by any name that IANA has for it, in its own spelling", async () => {
    for (const timeZone of ["Asia/Kolkata", "Asia/Calcutta", "UTC", "Europe/Kyiv"]) {
      await server.ok(rpc.createCompany, { ...zeta, timeZone }, platform);
    }
    for (const timeZone of ["america/new_york", "+02:00", "America/New York", "Nowhere"]) {
      expect(await server.refused(rpc.createCompany, { ...zeta, timeZone }, platform)).toMatchObject(
        invalidField("time_zone", "INVALID_FORMAT"),
      );
    }
  });
});

describe("UpdateCompany", () => {
  it("keeps what is absent, clears what is empty, and refuses to clear what is required", async () => {
    const call = { key: keys.b };
    const kept = { enterpriseId: "ent_ab", country: "CA", timezone: { id: "America/Toronto" } };
    const update = {
      companyId: "cmp_b",
      name: " Beta  & Co ",
      upcomingAppointmentsUrlTemplate: "https://b.example/{customer_id}",
    };
    const first = await server.ok(rpc.updateCompany, update, call);
    expect(first.company).toMatchObject({
      ...kept,
      name: "Beta  & Co",
      upcomingAppointmentsUrlTemplate: "https://b.example/{customer_id}",
    });
    const second = await server.ok(
      rpc.updateCompany,
      { companyId: "cmp_b", upcomingAppointmentsUrlTemplate: "" },
      call,
    );
    expect(second.company).toMatchObject({ ...kept, name: "Beta  & Co", upcomingAppointmentsUrlTemplate: "" });
    const { violations } = await server.refused(
      rpc.updateCompany,
      { companyId: "cmp_b", name: "", country: "", timeZone: "", maxCustomers: 1, clearMaxCustomers: true },
      operator,
    );
    expect(violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      ...["clear_max_customers CONFLICT", "country REQUIRED", "name REQUIRED", "time_zone REQUIRED"],
    ]);
  });

  it("lets the operator alone say how many customers a company may hold, and to which enterprise it belongs", async () => {
    const denied = { code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "platform:admin" } };
    const terms = [
      { maxCustomers: 1_000 },
      { clearMaxCustomers: true },
      { enterpriseId: "" },
      { enterpriseId: "ent_ab" },
      { enterpriseId: "ent_other" },
    ];
    for (const change of terms) {
      for (const key of [keys.b, keys.enterprise]) {
        // Refused before anything else in the request is looked at.
        for (const name of ["Beta", ""]) {
          const request = { companyId: "cmp_b", name, ...change };
          expect(await server.refused(rpc.updateCompany, request, { key })).toMatchObject(denied);
        }
      }
    }
    const { company } = await server.ok(rpc.updateCompany, { companyId: "cmp_b", name: "Beta" }, { key: keys.b });
    expect(company).toMatchObject({ name: "Beta", enterpriseId: "ent_ab" });
    expect(company?.maxCustomers).toBeUndefined();
    const set = { companyId: "cmp_b", maxCustomers: 1_000, enterpriseId: "ent_other" };
    expect((await server.ok(rpc.updateCompany, set, operator)).company).toMatchObject({
      ...{ maxCustomers: 1_000, enterpriseId: "ent_other" },
    });
    const back = { companyId: "cmp_b", clearMaxCustomers: true, enterpriseId: "ent_ab" };
    await server.ok(rpc.updateCompany, back, operator);
  });

  it("is the one rpc beside those of platform keys that names a company which the operator's key does not cover", async () => {
    expect(await server.refused(rpc.updateCompany, { companyId: "cmp_z", name: "x" }, operator)).toMatchObject({
      ...{ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" },
    });
    const refusals = [
      await server.refused(rpc.createBusiness, { companyId, name: "x" }, operator),
      await server.refused(rpc.updateBusiness, { companyId, id: "biz_a1", name: "x" }, operator),
      await server.refused(rpc.archiveBusiness, { companyId, id: "biz_a1" }, operator),
      await server.refused(rpc.restoreBusiness, { companyId, id: "biz_a1" }, operator),
      await server.refused(rpc.createStaff, { companyId, firstName: "x" }, operator),
      await server.refused(rpc.updateStaff, { companyId, id: "staff_a1", firstName: "x" }, operator),
      await server.refused(rpc.archiveStaff, { companyId, id: "staff_a1" }, operator),
      await server.refused(rpc.restoreStaff, { companyId, id: "staff_a1" }, operator),
    ];
    for (const refusal of refusals) expect(refusal).toMatchObject({ reason: "COMPANY_NOT_ALLOWED" });
  });

  it("never lets the count pass a limit that it switches on during 32 concurrent creates", async () => {
    for (let round = 0; round < 4; round += 1) {
      const id = await companyOf(4);
      const creates = Array.from({ length: 32 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index));
        return server.call(CustomerService.method.createCustomer, customerOf(id), { key: keyOf(id) });
      });
      const limit = 12;
      await new Promise((resolve) => setTimeout(resolve, 8 * round));
      const { company } = await server.ok(rpc.updateCompany, { companyId: id, maxCustomers: limit }, operator);
      expect(company?.maxCustomers).toBe(limit);
      const during = await countOf(id);
      const answers = await Promise.all(creates);
      const { customers, counter } = await countOf(id);
      // Those that came before the switch count whatever the limit; after it the limit holds.
      expect(customers).toBe(Math.max(limit, during.customers));
      expect(counter).toBe(customers);
      const refused = answers.filter((answer) => !answer.ok);
      expect(answers.length - refused.length).toBe(customers - 4);
      for (const answer of refused) expect(answer).toMatchObject({ reason: "CUSTOMER_QUOTA_EXCEEDED" });
    }
  });

  it("holds the limit while it is switched off, on and over under load", async () => {
    const id = await companyOf(0);
    let done = false;
    const switches = (async () => {
      for (const change of forever([{ maxCustomers: 20 }, { clearMaxCustomers: true }, { maxCustomers: 40 }])) {
        if (done) return;
        await server.ok(rpc.updateCompany, { companyId: id, ...change }, operator);
      }
    })();
    const create = () => server.call(CustomerService.method.createCustomer, customerOf(id), { key: keyOf(id) });
    const answers = await Promise.all(Array.from({ length: 64 }, create));
    done = true;
    await switches;
    await server.ok(rpc.updateCompany, { companyId: id, maxCustomers: 0 }, operator);
    const { customers, counter } = await countOf(id);
    expect(counter).toBe(customers);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(customers);
    expect(await create()).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "CUSTOMER_QUOTA_EXCEEDED" });
  });
});

describe("a location", () => {
  const address = { address1: "1 Main St", city: "Boston", postalCode: "02110", country: "US" };

  it("is created with normalised phones and an address with an id of ours, and read back the same", async () => {
    const phones = { phone: "(212) 555-0123", businessPhone: "+44 20 7946 0018" };
    const request = { companyId, id: "biz_new", name: "New", ...phones, address, facebook: "alpha" };
    const { business } = await server.ok(rpc.createBusiness, request);
    expect(business).toMatchObject({
      ...{ id: "biz_new", companyId, phone: "+12125550123", businessPhone: "+442079460018", facebook: "alpha" },
      ...{ address: { ...address, id: expect.stringMatching(/^addr_/) }, archived: false },
    });
    expect(await server.ok(BusinessService.method.getBusiness, { id: "biz_new" })).toEqual(business);
    expect(await server.refused(rpc.createBusiness, { ...request, name: "Again" })).toMatchObject({
      ...{ code: "ALREADY_EXISTS", metadata: { resource: "Business", field: "id" } },
    });
    const chosen = { ...request, id: "", address: { ...address, id: "addr_mine" } };
    expect(await server.refused(rpc.createBusiness, chosen)).toMatchObject(invalidField("address.id", "NOT_ALLOWED"));
  });

  it("keeps what is absent in an update, replaces the address whole and clears what is told to be cleared", async () => {
    const made = { companyId, name: "Changing", phone: "+12125550100", website: "https://a.example", address };
    const { business: before } = await server.ok(rpc.createBusiness, made);
    const id = before?.id ?? "";
    const update = { companyId, id, website: "", address: { city: "Salem" } };
    const { business } = await server.ok(rpc.updateBusiness, update);
    expect(business).toMatchObject({ name: "Changing", phone: "+12125550100", website: "" });
    expect(business?.address).toMatchObject({ city: "Salem", address1: "", postalCode: "" });
    const cleared = await server.ok(rpc.updateBusiness, { companyId, id, clearAddress: true });
    expect(cleared.business?.address).toBeUndefined();
    const both = { companyId, id, clearAddress: true, address, phone: "12", name: "" };
    expect((await server.refused(rpc.updateBusiness, both)).violations.map(({ field }) => field).toSorted()).toEqual([
      ...["clear_address", "name", "phone"],
    ]);
  });

  it("refuses new use once archived, is listed only when asked for, and comes back", async () => {
    const { business } = await server.ok(rpc.createBusiness, { companyId, name: "Closing" });
    const id = business?.id ?? "";
    const customer = newCustomer({ preferredBusinessId: id });
    const { id: customerId } = await server.ok(CustomerService.method.createCustomer, customer);
    expect((await server.ok(rpc.archiveBusiness, { companyId, id })).business?.archived).toBe(true);
    expect((await server.ok(rpc.archiveBusiness, { companyId, id })).business?.archived).toBe(true);
    const inUse = invalidField("preferred_business_id", "NOT_FOUND");
    expect(await server.refused(CustomerService.method.createCustomer, customer)).toMatchObject(inUse);
    expect(await server.ok(CustomerService.method.getCustomer, { id: customerId })).toMatchObject({
      preferredBusinessId: id,
    });
    expect(await server.refused(rpc.updateBusiness, { companyId, id, name: "x" })).toMatchObject(isArchived);
    const listed = async (showArchived: boolean) => {
      const request = { companyId, showArchived, pagination: { pageSize: 500 } };
      return (await server.ok(BusinessService.method.listBusiness, request)).businesses.map((one) => one.id);
    };
    expect(await listed(false)).not.toContain(id);
    expect(await listed(true)).toContain(id);
    await server.ok(rpc.restoreBusiness, { companyId, id });
    await server.ok(CustomerService.method.createCustomer, customer);
    // The second archiving wrote nothing.
    expect((await changesOf(id)).map(({ version }) => version)).toEqual(["1", "2", "3"]);
  });
});

describe("a staff member", () => {
  it("is created with role, time and places, and read back the same", async () => {
    const hiredTime = { seconds: 1_700_000_000n, nanos: 123_456_789 };
    const role = { id: "rol_2", name: "Bather" };
    const request = { companyId, id: "stf-77", firstName: "Ana", phone: "212-555-0155", hiredTime, role };
    const { staff } = await server.ok(rpc.createStaff, { ...request, workingBusinessIds: ["biz_a2", "biz_a1"] });
    expect(staff).toMatchObject({
      ...{ id: "stf-77", phone: "+12125550155", role, workingBusinessIds: ["biz_a2", "biz_a1"], deleted: false },
      hiredTime: { seconds: 1_700_000_000n, nanos: 123_000_000 },
    });
    expect(await server.ok(StaffService.method.getStaff, { id: "stf-77" })).toEqual(staff);
    expect(await server.refused(rpc.createStaff, { companyId, id: "stf-77", firstName: "x" })).toMatchObject({
      ...{ code: "ALREADY_EXISTS", metadata: { resource: "Staff", field: "id" } },
    });
  });

  it("works at locations of the company that are in use, each named once", async () => {
    const workingBusinessIds = ["biz_a1", "biz_c1", "biz_a9", "biz_z"];
    expect(
      (await server.refused(rpc.createStaff, { companyId, firstName: "x", workingBusinessIds })).violations,
    ).toEqual([1, 2, 3].map((position) => ({ field: `working_business_ids[${position}]`, reason: "NOT_FOUND" })));
    const twice = { companyId, id: "staff_a1", workingBusinesses: { businessIds: ["biz_a1", "biz_a1"] } };
    expect(await server.refused(rpc.updateStaff, twice)).toMatchObject(
      invalidField("working_businesses.business_ids[1]", "CONFLICT"),
    );
    const foreign = { companyId, id: "staff_a1", workingBusinesses: { businessIds: ["biz_c1"] } };
    expect(await server.refused(rpc.updateStaff, foreign)).toMatchObject(
      invalidField("working_businesses.business_ids[0]", "NOT_FOUND"),
    );
  });

  it("keeps a location that was archived since, also when the list is sent again", async () => {
    const { business } = await server.ok(rpc.createBusiness, { companyId, name: "To close" });
    const closing = business?.id ?? "";
    const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "x", workingBusinessIds: [closing] });
    await server.ok(rpc.archiveBusiness, { companyId, id: closing });
    const workingBusinesses = { businessIds: [closing, "biz_a1"] };
    const update = { companyId, id: staff?.id ?? "", workingBusinesses };
    expect((await server.ok(rpc.updateStaff, update)).staff?.workingBusinessIds).toEqual([closing, "biz_a1"]);
    const emptied = { ...update, workingBusinesses: {} };
    expect((await server.ok(rpc.updateStaff, emptied)).staff?.workingBusinessIds).toEqual([]);
  });

  it("keeps what is absent, and clears role, time and texts when told to", async () => {
    const full = {
      companyId,
      firstName: "Full",
      lastName: "Time",
      role: { id: "rol_1", name: "Vet" },
      mobileVanId: "van",
    };
    const { staff: before } = await server.ok(rpc.createStaff, { ...full, hiredTime: { seconds: 5n } });
    const id = before?.id ?? "";
    const { staff: kept } = await server.ok(rpc.updateStaff, { companyId, id, firstName: "Fuller" });
    expect(kept).toEqual({ ...before, firstName: "Fuller" });
    const clear = { companyId, id, clearRole: true, clearHiredTime: true, lastName: "", mobileVanId: "" };
    const { staff } = await server.ok(rpc.updateStaff, clear);
    expect(staff).toMatchObject({ firstName: "Fuller", lastName: "", mobileVanId: "" });
    expect({ role: staff?.role, hiredTime: staff?.hiredTime }).toEqual({});
    const half = { companyId, id, role: { id: "rol_1" }, firstName: "" };
    expect((await server.refused(rpc.updateStaff, half)).violations.map(({ field }) => field).toSorted()).toEqual([
      ...["first_name", "role.name"],
    ]);
  });

  it("is not assigned to anything new once archived, and returns", async () => {
    const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "Leaving" });
    const id = staff?.id ?? "";
    expect((await server.ok(rpc.archiveStaff, { companyId, id })).staff?.deleted).toBe(true);
    expect(await server.refused(rpc.updateStaff, { companyId, id, firstName: "x" })).toMatchObject(isArchived);
    const customer = newCustomer({ assignedStaffId: id });
    expect(await server.refused(CustomerService.method.createCustomer, customer)).toMatchObject(
      invalidField("assigned_staff_id", "NOT_FOUND"),
    );
    expect((await server.ok(rpc.restoreStaff, { companyId, id })).staff?.deleted).toBe(false);
    await server.ok(CustomerService.method.createCustomer, customer);
  });
});

describe("the directory", () => {
  it("is written by no key that is limited to locations, whatever its scopes", async () => {
    const call = { key: keys.businessA1 };
    const refusals = [
      await server.refused(rpc.updateCompany, { companyId, name: "x" }, call),
      await server.refused(rpc.createBusiness, { companyId, name: "x" }, call),
      await server.refused(rpc.updateBusiness, { companyId, id: "biz_a1", name: "x" }, call),
      await server.refused(rpc.archiveBusiness, { companyId, id: "biz_a1" }, call),
      await server.refused(rpc.restoreBusiness, { companyId, id: "biz_a1" }, call),
      await server.refused(rpc.createStaff, { companyId, firstName: "x" }, call),
      await server.refused(rpc.updateStaff, { companyId, id: "staff_a1", firstName: "x" }, call),
      await server.refused(rpc.archiveStaff, { companyId, id: "staff_a1" }, call),
      await server.refused(rpc.restoreStaff, { companyId, id: "staff_a1" }, call),
    ];
    const scope = { scope: "directory:write" };
    for (const refusal of refusals) expect(refusal).toMatchObject({ reason: "SCOPE_REQUIRED", metadata: scope });
  });

  it("leaves one row for each change, with version, rpc, key, staff and request id", async () => {
    const headers = { "x-request-id": "request-of-directory" };
    const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "Logged" }, { headers });
    await server.ok(rpc.updateStaff, { companyId, id: staff?.id ?? "", lastName: "Too" }, { headers });
    await server.refused(rpc.updateStaff, {
      companyId,
      id: staff?.id ?? "",
      workingBusinesses: { businessIds: ["biz_z"] },
    });
    const by = { kind: "staff", key_id: "key_a", staff_id: "staff_a1", request_id: "request-of-directory" };
    expect(await changesOf(staff?.id ?? "")).toEqual([
      { ...by, version: "1", rpc: "moego.admin.v1.DirectoryAdminService/CreateStaff" },
      { ...by, version: "2", rpc: "moego.admin.v1.DirectoryAdminService/UpdateStaff" },
    ]);
  });
});

interface ChangeRow {
  readonly kind: string;
  readonly version: string;
}

async function changesOf(id: string): Promise<readonly ChangeRow[]> {
  const { rows } = await server.database.owner.query<ChangeRow>(
    "SELECT kind, version, rpc, key_id, staff_id, request_id FROM change WHERE resource_id = $1 ORDER BY id",
    [id],
  );
  return rows;
}

function* forever<T>(values: readonly T[]): Generator<T> {
  for (;;) yield* values;
}

let companies = 0;

/** A company without a limit that has one location, a key and so many customers. */
async function companyOf(customers: number): Promise<string> {
  companies += 1;
  const id = `cmp_limit_${companies}`;
  await server.ok(rpc.createCompany, { ...zeta, id }, platform);
  await server.insert([["business", [{ company_id: id, id: "biz", name: "Here" }]]]);
  await server.insertKeys([keyOf(id)]);
  for (let made = 0; made < customers; made += 1) {
    await server.ok(CustomerService.method.createCustomer, customerOf(id), { key: keyOf(id) });
  }
  return id;
}

function keyOf(id: string) {
  return {
    ...keys.quota,
    id: `key_of_${id}`,
    secret: `secret-of-${id}`.padEnd(40, "-"),
    organizations: [{ type: "COMPANY", id }],
  } as const;
}

function customerOf(id: string) {
  return newCustomer({ companyId: id, preferredBusinessId: "biz" });
}

async function countOf(id: string): Promise<{ customers: number; counter: number | null }> {
  const { rows } = await server.database.owner.query<{ customers: number; counter: number | null }>(
    `SELECT (SELECT count(*)::int FROM customer WHERE company_id = $1) AS customers,
       (SELECT customers FROM company_customer_count WHERE company_id = $1) AS counter`,
    [id],
  );
  return rows[0] ?? { customers: 0, counter: null };
}
