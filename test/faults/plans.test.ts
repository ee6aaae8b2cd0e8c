import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.js";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { type ContactDatabase, createOptOutKeys } from "../../src/db/opt-out-key.js";
import type { Statement } from "../../src/db/statement.js";
import { openCompanySecretCipher } from "../../src/repositories.js";
import { createCallerRepository } from "../../src/resources/callers/caller.repository.js";
import { createCallerScreenRepository } from "../../src/resources/callers/caller-screen.repository.js";
import { createOptOutRepository } from "../../src/resources/consent/opt-out.repository.js";
import type { CustomerFilter } from "../../src/resources/customers/customer.model.js";
import { createCustomerRepository } from "../../src/resources/customers/customer.repository.js";
import { addCustomers } from "./sync.js";
import { addTenant, openWorld, type Tenant, type World } from "./world.js";

const signal = new AbortController().signal;
let world: World;
let tenant: Tenant;
let database: Database;
/** Every statement that the repository reads with, the last one at the end. */
const sent: { readonly statement: Statement; readonly values: readonly unknown[] }[] = [];

beforeAll(async () => {
  world = await openWorld();
  tenant = await addTenant(world);
  await addCustomers(world, tenant, 20_000);
  await world.database.owner.query(contacts);
  for (const insert of children) await world.database.owner.query(insert);
  await world.database.owner.query("ANALYZE");
  database = openDatabase({ url: world.database.serviceUrl, log: silentLog });
});
afterAll(async () => {
  await database.close();
  await world[Symbol.asyncDispose]();
});

/** Numbers and addresses that nobody else has. */
const contacts = `UPDATE customer SET phone = '+1212' || lpad((5550000 + split_part(id, '_', 2)::int)::text, 7, '0'),
  email = split_part(id, '_', 2) || '@example.com', email_key = split_part(id, '_', 2) || '@example.com'`;

const children: readonly string[] = [
  `INSERT INTO tag (company_id, id, name, name_key, last_updated_time)
   SELECT id, 'tag_one', 'One', 'one', now() FROM company`,
  `INSERT INTO customer_tag (company_id, customer_id, tag_id) SELECT company_id, id, 'tag_one' FROM customer`,
  `INSERT INTO customer_address (company_id, id, customer_id) SELECT company_id, 'addr_' || id, id FROM customer`,
  `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
   SELECT company_id, 'note_' || id, id, 'Note', now(), now() FROM customer`,
  `INSERT INTO customer_profile (company_id, customer_id, nickname) SELECT company_id, id, 'Nick' FROM customer`,
  `INSERT INTO customer_phone (company_id, customer_id, position, number)
   SELECT company_id, id, 1, '+44' || substr(phone, 3) FROM customer`,
  `INSERT INTO customer_external_id (company_id, customer_id, system, external_id)
   SELECT company_id, id, 'crm', 'of-' || id FROM customer`,
  `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
   SELECT company_id, id, kind, 'account-' || id FROM customer, generate_series(1, 2) kind`,
  `INSERT INTO pet (company_id, id, customer_id, name, type, created_time, last_updated_time)
   SELECT company_id, 'pet_' || id, id, 'Rex', 2, now(), now() FROM customer`,
  `INSERT INTO package (company_id, id, customer_id, business_id, name, purchase_time, created_time, last_updated_time)
   SELECT company_id, 'pkg_' || id, id, preferred_business_id, 'Baths', now(), now(), now() FROM customer`,
  `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
   SELECT company_id, 'customer', id, now(), 'Test', 'key', '127.0.0.1', 'test', '{}' FROM customer`,
  `INSERT INTO lead (company_id, id, first_name, last_name, phone, service_related_channels,
     marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy, is_consented, created_time,
     last_updated_time)
   SELECT company_id, 'lcus_' || id, 'Lead', '', CASE id WHEN 'cus_78' THEN phone ELSE '+33' || substr(phone, 3) END,
     '{}', '{}', false, false, false, now(), now() FROM customer`,
];

/** The database, with every statement kept. */
function watched(): ContactDatabase {
  const read: Database["read"] = (statement, values, readSignal) => {
    sent.push({ statement, values });
    return database.read(statement, values, readSignal);
  };
  const cipher = openCompanySecretCipher({ pageTokenSecret: "", secretKey: Buffer.alloc(32) });
  const optOutKeys = createOptOutKeys(database, cipher);
  return { database: { ...database, read }, limits: readConfig({}).limits, optOutKeys };
}

function repository() {
  return createCustomerRepository(watched());
}

/** Runs the last statement often enough for PostgreSQL to choose: one plan for all values, or one for each call. */
async function planOfLast() {
  const last = sent.at(-1);
  if (!last) throw new Error("nothing was sent");
  return await planOf(last);
}

async function planOf({ statement, values }: (typeof sent)[number]) {
  const client = new pg.Client({ connectionString: world.database.serviceUrl });
  await client.connect();
  try {
    for (let run = 0; run < 8; run += 1) await client.query({ ...statement, values: [...values] });
    const { rows } = await client.query("SELECT generic_plans > 0 AS generic FROM pg_prepared_statements");
    const literals = values.map(toLiteral).join(", ");
    const explained = await client.query(`EXPLAIN EXECUTE ${pg.escapeIdentifier(statement.name)} (${literals})`);
    return { plan: explained.rows.map((row) => row["QUERY PLAN"]).join("\n"), isGeneric: rows[0].generic };
  } finally {
    await client.end();
  }
}

function toLiteral(value: unknown): string {
  if (value === null) return "NULL";
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map((item) => JSON.stringify(item)).join(",")}}`);
  return pg.escapeLiteral(String(value));
}

/** Tables that grow with a company's customers. */
const scanOfLargeTable =
  /Seq Scan on (customer|customer_(address|phone|tag|note|profile|account|external_id)|lead|pet|package|consent_event|change|idempotency)\b/;

describe("with 20,000 customers", () => {
  it("GetCustomer is planned once for a key of one company, and finds all by index", async () => {
    const accessFilter = { companyIds: [tenant.companyId], grants: [tenant.companyId] };
    expect(await repository().get({ accessFilter, id: "cus_77" }, signal)).toMatchObject({ id: "cus_77" });
    const { plan, isGeneric } = await planOfLast();
    expect(isGeneric).toBe(true);
    expect(plan).not.toMatch(scanOfLargeTable);
  });

  const questions = {
    "the id": { id: "cus_77" },
    "the phone": { phone: "+12125550077" },
    "another phone": { phone: "+442125550077" },
    "the phone of a customer and a lead": { phone: "+12125550078" },
    "the email": { emailKey: "77@example.com" },
    "an account": { accountId: "account-cus_77" },
    everything: { id: "cus_77", phone: "+12125550077", emailKey: "77@example.com", accountId: "account-cus_77" },
    "all but the id": { phone: "+12125550077", emailKey: "77@example.com", accountId: "account-cus_77" },
    "phone and email": { phone: "+12125550077", emailKey: "77@example.com" },
  };

  /** How many statements it takes: one for the caller of most calls. */
  const reads: Readonly<Record<string, number>> = { "another phone": 3, "the phone of a customer and a lead": 2 };

  it.each(Object.entries(questions))(
    "QueryCustomer is planned once and finds by index, asked for %s",
    async (name, asked) => {
      const accessFilter = { companyIds: [tenant.companyId], grants: [tenant.companyId] };
      for (const needsRecord of [true, false]) {
        sent.length = 0;
        const found = await createCallerRepository(watched()).find({ accessFilter, needsRecord, ...asked }, signal);
        expect(found.caller).toMatchObject({ customer: { id: name.includes("lead") ? "cus_78" : "cus_77" } });
        expect(found.matchCount).toBe(name.includes("lead") ? 2 : 1);
        expect(sent).toHaveLength(reads[name] ?? 1);
        for (const each of sent) {
          const { plan, isGeneric } = await planOf(each);
          expect(isGeneric).toBe(true);
          expect(plan).not.toMatch(scanOfLargeTable);
        }
      }
    },
  );

  it.each(["+12125550077", "+442125550077"])(
    "LookupCaller is planned once and finds by index, asked for %s",
    async (phone) => {
      const accessFilter = { companyIds: [tenant.companyId], grants: [tenant.companyId] };
      const found = await createCallerScreenRepository(watched().database).findAll({ accessFilter, phone }, signal);
      const ofCustomer = { packages: { count: 1 } };
      expect(found).toMatchObject({ matches: [{ id: "cus_77", pets: { count: 1 }, ofCustomer }], matchCount: 1 });
      const { plan, isGeneric } = await planOfLast();
      expect(isGeneric).toBe(true);
      expect(plan).not.toMatch(scanOfLargeTable);
    },
  );

  it.each([
    { kind: "PHONE", value: "+12125550078" },
    { kind: "PHONE", value: "+442125550078" },
    { kind: "EMAIL", value: "78@example.com" },
  ] as const)("CheckConsent finds by index who has $value", async (line) => {
    const accessFilter = { companyIds: [tenant.companyId], grants: [tenant.companyId] };
    const { database: kept, optOutKeys } = watched();
    const question = { companyId: tenant.companyId, line, channel: "SMS", purpose: "MARKETING" } as const;
    const optOuts = createOptOutRepository(kept, optOutKeys);
    expect(await optOuts.factsOf(question, accessFilter, signal)).toMatchObject({ isVisible: true });
    const { plan } = await planOfLast();
    expect(plan).not.toMatch(scanOfLargeTable);
  });

  const filters: Readonly<Record<string, CustomerFilter>> = {
    nothing: {},
    "the phone": { phone: "+12125550199" },
    "another phone": { phone: "+442125550199" },
    "the email": { email: "nobody@example.com" },
    "a location": { preferredBusinessIds: ["biz"] },
    "a tag that nobody carries": { tagIds: ["tag_none"] },
    "ids in another system": {
      externalIds: [
        { system: "crm", id: "of-cus_77" },
        { system: "crm", id: "none" },
      ],
    },
    "a referral source": { referralSourceIds: ["ref_none"] },
    "the time of creation": { created: { start: new Date("2020-01-01") } },
    "a name": { name: ["nobody"] },
    "the beginnings of a name": { namePrefix: ["no", "bo"] },
    "the last change": { lastUpdated: { start: new Date("2020-01-01") } },
  };

  it.each(Object.entries(filters))("ListCustomers finds a page by index when it is asked for %s", async (_, filter) => {
    for (const page of [
      { size: 50, offset: 0 },
      { size: 50, offset: 0, after: { time: new Date(), id: "cus_77" } },
    ]) {
      await repository().list({ companyId: tenant.companyId, filter, page }, signal);
      expect((await planOfLast()).plan).not.toMatch(scanOfLargeTable);
    }
  });

  it.each([1, 10, 50, 99, 500])("ListCustomers plans pages of %d customers once", async (size) => {
    for (const after of [{}, { after: { time: new Date(), id: "cus_77" } }]) {
      const page = { size, offset: 0, ...after };
      expect(await repository().list({ companyId: tenant.companyId, filter: {}, page }, signal)).toHaveLength(size + 1);
      expect((await planOfLast()).isGeneric).toBe(true);
    }
  });

  const few: Readonly<Record<string, CustomerFilter>> = {
    customer_by_staff: { assignedStaffIds: ["staff_none"] },
    customer_by_inactivity: { statuses: ["INACTIVE"] },
  };

  it.each(Object.entries(few))("ListCustomers finds the few of a filter in %s", async (index, filter) => {
    await repository().list({ companyId: tenant.companyId, filter, page: { size: 50, offset: 0 } }, signal);
    expect((await planOfLast()).plan).toContain(index);
  });
});
