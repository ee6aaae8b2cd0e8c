import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CompanyLimitName, companyLimitDocs } from "../../src/core/company-limits.js";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { PackageTemplateService } from "../../src/gen/proto/moego/admin/v1/package_template_service_pb.js";
import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { VipLevelService } from "../../src/gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import type { Answer } from "../support/answer.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";
import { waitingStatements } from "../support/waiting-statements.js";

const limit = 3;
const environment = Object.fromEntries(Object.keys(companyLimitDocs).map((setting) => [setting, String(limit)]));
const bytes = { MAX_CUSTOM_FIELD_BYTES: "2000", MAX_CUSTOM_FIELD_BYTES_IN_ALL: "3000" };
const server = await startServer({ environment: { ...environment, ...bytes } });
afterAll(() => server.stop());

const companyId = "cmp_limits";
const key = fixtureKey("key_limits", [{ type: "COMPANY", id: companyId }]);
const flow = { startNodeId: "end", nodes: [{ id: "end", end: { exit: "done" } }] };

const field = { associationType: "LEAD", type: "SHORT_TEXT", label: "Field" };

const setting = CustomerSettingAdminService.method;
const pets = PetSettingAdminService.method;
const fields = CustomFieldAdminService.method;
const vip = VipLevelService.method;
const templates = PackageTemplateService.method;
const directory = DirectoryAdminService.method;
const apis = ExternalApiService.method;
const flows = IvrFlowService.method;
const read = SettingService.method;

interface Kind {
  readonly create: DescMethodUnary;
  readonly archive: DescMethodUnary;
  readonly restore: DescMethodUnary;
  readonly request: JsonObject;
  /** What archives and restores where that is an update. */
  readonly archived?: JsonObject;
  readonly restored?: JsonObject;
}

const kinds: Partial<Record<CompanyLimitName, Kind>> = {
  MAX_CUSTOM_FIELDS: {
    ...{ create: fields.createCustomField, archive: fields.archiveCustomField, restore: fields.restoreCustomField },
    request: field,
  },
  MAX_TAGS: { ...{ create: setting.createTag, archive: setting.archiveTag, restore: setting.restoreTag }, request: {} },
  MAX_REFERRAL_SOURCES: {
    ...{ create: setting.createReferralSource, archive: setting.archiveReferralSource },
    ...{ restore: setting.restoreReferralSource, request: {} },
  },
  MAX_LIFE_CYCLES: {
    ...{ create: setting.createLifeCycle, archive: setting.archiveLifeCycle, restore: setting.restoreLifeCycle },
    request: {},
  },
  MAX_ACTION_STATUSES: {
    ...{ create: setting.createActionStatus, archive: setting.archiveActionStatus },
    ...{ restore: setting.restoreActionStatus, request: { color: "#FF0000" } },
  },
  MAX_PET_CODES: {
    ...{ create: pets.createPetCode, archive: pets.archivePetCode, restore: pets.restorePetCode },
    request: { abbreviation: "B", color: "#FF0000" },
  },
  MAX_PET_SIZES: {
    ...{ create: pets.createPetSize, archive: pets.archivePetSize, restore: pets.restorePetSize },
    request: {},
  },
  MAX_PET_TYPES: {
    ...{ create: pets.createPetType, archive: pets.archivePetType, restore: pets.restorePetType },
    request: {},
  },
  MAX_PET_COAT_TYPES: {
    ...{ create: pets.createPetCoatType, archive: pets.archivePetCoatType, restore: pets.restorePetCoatType },
    request: {},
  },
  MAX_VIP_LEVELS: {
    ...{ create: vip.createVipLevel, archive: vip.archiveVipLevel, restore: vip.restoreVipLevel },
    request: {},
  },
  MAX_PACKAGE_TEMPLATES: {
    ...{
      create: templates.createPackageTemplate,
      archive: templates.archivePackageTemplate,
      restore: templates.restorePackageTemplate,
    },
    request: {
      price: { currencyCode: "USD", units: "1" },
      items: [{ quantity: 1, services: [{ serviceId: "srv_off" }] }],
    },
  },
  MAX_EXTERNAL_APIS: {
    ...{ create: apis.createExternalApi, archive: apis.archiveExternalApi, restore: apis.restoreExternalApi },
    request: { method: "GET", url: "https://api.example.com/orders" },
  },
  MAX_IVR_FLOWS: {
    ...{ create: flows.createIvrFlow, archive: flows.archiveIvrFlow, restore: flows.restoreIvrFlow },
    request: { definition: flow },
  },
  MAX_SERVICES: {
    ...{ create: read.createService, archive: read.updateService, restore: read.updateService },
    ...{ archived: { inactive: true }, restored: { inactive: false } },
    request: { serviceItemType: "GROOMING", serviceType: "ADDON" },
  },
  MAX_BUSINESSES: {
    ...{ create: directory.createBusiness, archive: directory.archiveBusiness, restore: directory.restoreBusiness },
    request: {},
  },
  MAX_STAFF: {
    ...{ create: directory.createStaff, archive: directory.archiveStaff, restore: directory.restoreStaff },
    request: { firstName: "Ann" },
  },
};

/** Bounded by tests of their own below. */
const others: readonly string[] = [
  ...["MAX_CUSTOM_FIELD_OPTIONS", "MAX_CUSTOM_FIELD_BYTES", "MAX_CUSTOM_FIELD_BYTES_IN_ALL"],
  ...["MAX_TAG_GROUPS", "MAX_API_KEYS"],
];

it("leaves no limit out", () => {
  expect([...Object.keys(kinds), ...others].toSorted()).toEqual(Object.keys(companyLimitDocs).toSorted());
});

const reached = { ok: false, code: "RESOURCE_EXHAUSTED", reason: "COMPANY_LIMIT_REACHED" } as const;

beforeAll(async () => {
  const company = { id: companyId, name: "Limits", country: "US", timeZone: "UTC" };
  await server.ok(directory.createCompany, company, { key: keys.platform });
  await server.insert([["business", [{ company_id: companyId, id: "biz_old", name: "Old", archived_time: "now" }]]]);
  // Templates refer to a service. An inactive one is not counted.
  await server.database.owner.query(
    `INSERT INTO service (company_id, id, name, service_item_type, service_type, inactive, last_updated_time)
     VALUES ($1, 'srv_off', 'Bath', 1, 1, true, now())`,
    [companyId],
  );
  await server.insertKeys([key]);
});

describe.each(Object.entries(kinds))("%s", (name, { create, archive, restore, request, archived, restored }) => {
  const call = (method: DescMethodUnary, more: JsonObject): Promise<Answer<JsonObject>> =>
    server.callJson(method, { companyId, ...more }, { key, transport: "connect-json" });
  const made = (id: string) => call(create, { ...named(create, id), ...request, id });

  it("is never passed by creates at the same time, nor by restoring, and leaves what is stored to be changed", async () => {
    const answers = await Promise.all(Array.from({ length: limit + 2 }, (_, n) => made(`made_${n}`)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(limit);
    const metadata = { companyId, limit: String(limit), setting: name };
    for (const refused of answers.filter(({ ok }) => !ok)) expect(refused).toMatchObject({ ...reached, metadata });
    // The stage of a sales pipeline that was stored first is its default, which is not archived.
    const isDefault = (message: JsonObject) => JSON.stringify(message).includes('"isDefault":true');
    const id = `made_${answers.findIndex((answer) => answer.ok && !isDefault(answer.message))}`;
    expect(await call(archive, { id, ...archived })).toMatchObject({ ok: true });
    expect(await made("made_next")).toMatchObject({ ok: true });
    expect(await call(restore, { id, ...restored })).toMatchObject(reached);
    expect(await call(archive, { id: "made_next", ...archived })).toMatchObject({ ok: true });
    expect(await call(restore, { id, ...restored })).toMatchObject({ ok: true });
  });
});

function named({ input }: DescMethodUnary, id: string): JsonObject {
  const names = { name: id, code: id, label: id };
  return Object.fromEntries(Object.entries(names).filter(([member]) => member in input.field));
}

const ofCompany = { key, transport: "connect-json" } as const;

it("bounds archived entries as well, at four times the limit", async () => {
  await server.database.owner.query("DELETE FROM vip_level WHERE company_id = $1", [companyId]);
  const create = (id: string) => server.call(vip.createVipLevel, { companyId, id, name: id }, { key });
  for (let n = 0; n < 4 * limit; n += 1) {
    expect(await create(`level_${n}`)).toMatchObject({ ok: true });
    await server.ok(vip.archiveVipLevel, { companyId, id: `level_${n}` }, { key });
  }
  const metadata = { companyId, limit: String(4 * limit), setting: "MAX_VIP_LEVELS" };
  expect(await create("level_next")).toMatchObject({ ...reached, metadata });
});

it("gives the last place to one of two that wait for a change of the company", async () => {
  const { owner } = server.database;
  await owner.query("DELETE FROM vip_level WHERE company_id = $1", [companyId]);
  const create = (name: string) => server.call(vip.createVipLevel, { companyId, name }, { key });
  for (let n = 1; n < limit; n += 1) expect(await create(`level ${n}`)).toMatchObject({ ok: true });
  const blocker = await owner.connect();
  try {
    await blocker.query("BEGIN");
    await blocker.query("SELECT 1 FROM company WHERE id = $1 FOR NO KEY UPDATE", [companyId]);
    const last = Promise.all(["one", "two"].map(create));
    await expect.poll(() => waitingStatements(owner)).toBe(2);
    await blocker.query("COMMIT");
    const [made, refused] = (await last).toSorted((a, b) => Number(b.ok) - Number(a.ok));
    expect(made).toMatchObject({ ok: true });
    expect(refused).toMatchObject(reached);
  } finally {
    await blocker.query("ROLLBACK");
    blocker.release();
  }
});

it("bounds tags that creates of customers bring, all of them at once, and the tags of updates", async () => {
  await server.database.owner.query("UPDATE business SET archived_time = NULL WHERE id = 'biz_old'");
  await server.database.owner.query("DELETE FROM tag WHERE company_id = $1", [companyId]);
  const create = (...tags: string[]) =>
    server.call(
      CustomerService.method.createCustomer,
      newCustomer({ companyId, preferredBusinessId: "biz_old", tags: tags.map((name) => ({ name })) }),
      { key },
    );
  const answers = await Promise.all(Array.from({ length: 5 }, (_, n) => create(`tag ${n}`)));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(limit);
  for (const refused of answers.filter(({ ok }) => !ok)) expect(refused).toMatchObject(reached);
  expect(await create("one more", "and another")).toMatchObject(reached);
  const { tags } = await server.ok(read.listCustomerTags, { companyId }, { key });
  expect(tags).toHaveLength(limit);
  const [customer] = answers.flatMap((answer) => (answer.ok ? [answer.message] : []));
  const append = (name: string) =>
    server.call(CustomerService.method.appendCustomerTags, { id: customer?.id ?? "", tags: [{ name }] }, { key });
  expect(await append("one more")).toMatchObject(reached);
  expect(await append(tags[1]?.name ?? "")).toMatchObject({ ok: true });
});

it("bounds the options and bytes of one custom field and of all, and lets what is stored shrink", async () => {
  await server.database.owner.query("DELETE FROM custom_field WHERE company_id = $1", [companyId]);
  const options = (count: number, chars: number) =>
    Array.from({ length: count }, (_, n) => ({ value: { string: `${n}`.padEnd(chars, "x") }, label: `${n}` }));
  const create = (id: string, count: number, chars: number) =>
    server.callJson(
      fields.createCustomField,
      { ...field, companyId, id, code: id, type: "SELECT", options: options(count, chars) },
      ofCompany,
    );
  expect(await create("many", 4, 1)).toMatchObject({ violations: [{ field: "options", reason: "TOO_MANY" }] });
  expect(await create("f1", 3, 250)).toMatchObject({ ok: true });
  const refused = await create("f2", 3, 255);
  expect(refused).toMatchObject({ ok: true });
  expect(await create("f3", 3, 255)).toMatchObject({ ok: true });
  const { owner } = server.database;
  const update = (id: string, count: number, chars: number) =>
    server.callJson(
      fields.updateCustomField,
      { companyId, id, options: { options: options(count, chars) } },
      ofCompany,
    );
  // Stored before there was a limit.
  const large = JSON.stringify(options(40, 230));
  await owner.query("UPDATE custom_field SET options = $2 WHERE company_id = $1 AND id = 'f1'", [companyId, large]);
  expect(await update("f1", 41, 100)).toMatchObject({ violations: [{ reason: "TOO_MANY" }] });
  expect(await update("f1", 40, 255)).toMatchObject({
    ...{ code: "INVALID_ARGUMENT", violations: [{ field: "options", reason: "TOO_LONG" }] },
    metadata: { limitBytes: "2000" },
  });
  expect(await update("f2", 3, 256)).toMatchObject({ ok: false });
  expect(await update("f1", 40, 190)).toMatchObject({ ok: true });
  expect(
    await server.callJson(fields.updateCustomField, { companyId, id: "f3", label: "Longer label" }, ofCompany),
  ).toMatchObject(reached);
  expect(await update("f1", 1, 1)).toMatchObject({ ok: true });
  expect(await update("f3", 3, 200)).toMatchObject({ ok: true });
});

it("bounds groups of tags, and the keys of a company", async () => {
  await server.database.owner.query("DELETE FROM customer_tag WHERE company_id = $1", [companyId]);
  await server.database.owner.query("DELETE FROM tag WHERE company_id = $1", [companyId]);
  // Four groups are stored already: the limit refuses a fifth, and no change of the others.
  await server.insert([
    [
      "tag",
      [1, 2, 3, 4].map((n) => ({
        company_id: companyId,
        id: `t${n}`,
        name: `t${n}`,
        name_key: `t${n}`,
        group_name: `g${n}`,
        last_updated_by: "",
        last_updated_time: "now",
      })),
    ],
  ]);
  expect((await server.ok(read.listCustomerTags, { companyId }, { key })).tags).toHaveLength(4);
  expect(await server.call(setting.updateTag, { companyId, id: "t1", name: "renamed" }, { key })).toMatchObject({
    ok: true,
  });
  expect(await server.call(setting.updateTag, { companyId, id: "t1", group: "g2" }, { key })).toMatchObject({
    ok: true,
  });
  expect(await server.call(setting.updateTag, { companyId, id: "t1", group: "g5" }, { key })).toMatchObject(reached);

  const newKey = (n: number) =>
    server.call(
      ApiKeyService.method.createApiKey,
      {
        name: `Key ${n}`,
        restrictions: {
          clientRestrictions: {
            case: "organizationRestrictions",
            value: { organizations: [{ type: 2, id: companyId }] },
          },
          scopes: ["customer:read"],
        },
      },
      { key },
    );
  const answers = await Promise.all([1, 2, 3, 4].map(newKey));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(limit - 1);
  const [first] = answers.flatMap((answer) => (answer.ok ? [answer.message] : []));
  expect(await server.call(ApiKeyService.method.revokeApiKey, { id: first?.key?.id ?? "" }, { key })).toMatchObject({
    ok: true,
  });
  expect(await newKey(5)).toMatchObject({ ok: true });
  expect(await newKey(6)).toMatchObject(reached);
});
