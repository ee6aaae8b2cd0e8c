import { afterAll, describe, expect, it } from "vitest";
import { ConsentRefusal, ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { until } from "../support/made-key.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";
import { waitingStatements } from "../support/waiting-statements.js";

const server = await startServer();
afterAll(() => server.stop());

const { recordOptOut, recordOptIn, listOptOuts, listConsentHistory, checkConsent } = ConsentService.method;
const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;
const { createLead, getLead, updateLead } = LeadService.method;
const { importCustomer } = CustomerAdminService.method;
const { importLead } = LeadAdminService.method;
const companyId = "cmp_a";
const [sms, email, call] = [1, 2, 3];

let numbers = 0;
let imported = 0;
function freshPhone(): string {
  numbers += 1;
  return `+1415555${String(2000 + numbers)}`;
}

const phone = (value: string) => ({ case: "phone" as const, value });
const address = (value: string) => ({ case: "email" as const, value });
const optOut = (contact: ReturnType<typeof phone> | ReturnType<typeof address>, more: object = {}) =>
  server.ok(recordOptOut, { companyId, contact, ...more });
const optIn = (contact: ReturnType<typeof phone> | ReturnType<typeof address>, more: object = {}) =>
  server.ok(recordOptIn, { companyId, contact, ...more });

/** A consent to everything. */
const everything = {
  serviceRelatedChannels: { channels: [sms, email, call] },
  marketingCampaignsChannels: { channels: [sms, email] },
  isAgreedMarketingPolicy: true,
  isConsented: true,
};

const kinds = [
  [
    "a customer",
    {
      make: (more: object) => server.ok(createCustomer, newCustomer({ complianceConfig: everything, ...more })),
      async import(more: object) {
        const customer = newCustomer({ complianceConfig: everything, ...more });
        await server.ok(importCustomer, { companyId, id: `imported-${++imported}`, customer });
        return server.ok(getCustomer, { id: `imported-${imported}` });
      },
      update: (id: string, contact: object, more: object) =>
        server.ok(updateCustomer, { id, companyId, ...contact, ...more }),
      archive: (id: string) => server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id }),
      read: (id: string) => server.ok(getCustomer, { id }),
      subject: (value: string) => ({ companyId, subject: { case: "customerId" as const, value } }),
    },
  ],
  [
    "a lead",
    {
      make: (more: object) => server.ok(createLead, { ...newLead(more), complianceConfig: everything }),
      async import(more: object) {
        const given = { ...newLead(more), complianceConfig: everything };
        await server.ok(importLead, { companyId, id: `imported-${++imported}`, ...given });
        return server.ok(getLead, { id: `imported-${imported}` });
      },
      update: (id: string, lead: object, more: object) => server.ok(updateLead, { id, lead, ...more }),
      archive: (id: string) => server.ok(LeadAdminService.method.archiveLead, { companyId, id }),
      read: (id: string) => server.ok(getLead, { id }),
      subject: (value: string) => ({ companyId, subject: { case: "leadId" as const, value } }),
    },
  ],
] as const;

describe.each(kinds)("%s whose number opts out", (_, kind) => {
  const newest = async (id: string) =>
    (await server.ok(listConsentHistory, { ...kind.subject(id), pagination: {} })).entries[0];
  const allows = async (id: string, channel: number) =>
    (await server.ok(checkConsent, { ...kind.subject(id), channel, purpose: 1 })).allowed;

  it("loses SMS and calls, with an entry of the ledger and a new version, and keeps email and the consent", async () => {
    const main = freshPhone();
    const made = await kind.make({ phone: main });
    const { optOut: entry } = await optOut(phone(main.replace("+1", "")));
    expect(entry).toMatchObject({ contact: 1, channels: [sms, call], optedOut: true, source: 4, keyId: keys.a.id });
    const read = await kind.read(made.id);
    expect(read.complianceConfig).toMatchObject({
      ...{ serviceRelatedChannels: [email], marketingCampaignsChannels: [email], isConsented: true },
    });
    expect(read.etag).not.toBe(made.etag);
    expect(await newest(made.id)).toMatchObject({
      ...{ rpc: "moego.admin.v1.ConsentService/RecordOptOut", source: 4, withheldChannels: [sms, call] },
      ...{ before: { serviceRelatedChannels: [sms, email, call] }, after: { serviceRelatedChannels: [email] } },
    });
    expect(await Promise.all([sms, email, call].map((channel) => allows(made.id, channel)))).toEqual([
      ...[false, true, false],
    ]);
    await optOut(phone(main));
    expect((await kind.read(made.id)).etag).toBe(read.etag);
  });

  it("gets back exactly what was taken, when the last of its opted-out numbers opts in", async () => {
    const [main, other] = [freshPhone(), freshPhone()];
    const { id } = await kind.make({ phone: main, phones: [{ number: main }, { number: other }] });
    const before = (await kind.read(id)).complianceConfig;
    await optOut(phone(main), { channels: [sms] });
    await optOut(phone(other));
    await optIn(phone(main));
    expect(await Promise.all([sms, call].map((channel) => allows(id, channel)))).toEqual([false, false]);
    await optIn(phone(other), { channels: [call] });
    expect(await Promise.all([sms, call].map((channel) => allows(id, channel)))).toEqual([false, true]);
    const { optOut: entry } = await optIn(phone(other), { source: 3 });
    expect(entry).toMatchObject({ optedOut: false, source: 3 });
    const after = (await kind.read(id)).complianceConfig;
    expect(after?.isConsented).toBe(true);
    const sorted = (config: typeof after) => [
      ...[config?.serviceRelatedChannels.toSorted(), config?.marketingCampaignsChannels.toSorted()],
    ];
    expect(sorted(after)).toEqual(sorted(before));
    expect(await newest(id)).toMatchObject({ rpc: "moego.admin.v1.ConsentService/RecordOptIn", source: 3 });
  });

  it("is found by its address in upper or lower case, and by the old form of a number", async () => {
    const main = "+5212221234567";
    const made = await kind.make({ phone: main, email: `Ann.${numbers}@Example.COM` });
    await optOut(phone("+522221234567"));
    await optOut(address(`aNN.${numbers}@example.com`));
    const { complianceConfig } = await kind.read(made.id);
    expect(complianceConfig).toMatchObject({ serviceRelatedChannels: [], marketingCampaignsChannels: [] });
    await optIn(phone(main));
    expect((await kind.read(made.id)).complianceConfig?.serviceRelatedChannels).toEqual([sms, call]);
  });
});

describe.each(kinds)("%s that gets a number or address that is opted out", (_, kind) => {
  const newest = async (id: string) =>
    (await server.ok(listConsentHistory, { ...kind.subject(id), pagination: {} })).entries[0];

  it("is created or imported without its channels, the history says so, and an opt-in gives them", async () => {
    const main = freshPhone();
    const other = `out.${main.slice(1)}@example.com`;
    await Promise.all([optOut(phone(main)), optOut(address(other.toUpperCase()))]);
    for (const make of [kind.make, kind.import]) {
      const made = await make({ phone: main, email: other });
      expect(made.complianceConfig).toMatchObject({
        ...{ serviceRelatedChannels: [], marketingCampaignsChannels: [], isConsented: true },
      });
      expect(await newest(made.id)).toMatchObject({
        ...{ withheldChannels: [sms, email, call], after: { serviceRelatedChannels: [] } },
      });
      await optIn(phone(main));
      expect((await kind.read(made.id)).complianceConfig).toMatchObject({
        ...{ serviceRelatedChannels: [sms, call], marketingCampaignsChannels: [sms] },
      });
      await optOut(phone(main));
    }
  });

  it("loses the channels when an update adds it, also as a further phone, and gets none by an update that permits them", async () => {
    const [main, another] = [freshPhone(), freshPhone()];
    await optOut(phone(another));
    const { id } = await kind.make({ phone: main });
    const number = (value: string) => ({ number: value });
    const updated = await kind.update(id, { phones: [number(main), number(another)] }, {});
    expect(updated.complianceConfig?.serviceRelatedChannels).toEqual([email]);
    expect(await newest(id)).toMatchObject({ withheldChannels: [sms, call], before: { isConsented: true } });
    const permitting = await kind.update(id, {}, { complianceConfig: everything });
    expect(permitting.complianceConfig?.serviceRelatedChannels).toEqual([email]);
    expect(await newest(id)).toMatchObject({ withheldChannels: [sms, call] });
    await kind.update(id, { phones: [number(main)] }, {});
    const allowed = await kind.update(id, {}, { complianceConfig: everything });
    expect(allowed.complianceConfig?.serviceRelatedChannels).toEqual([sms, email, call]);
  });
});

it("a lead with an opted-out number is promoted without its channels, and its customer gets them back", async () => {
  const main = freshPhone();
  const { id } = await server.ok(createLead, { ...newLead({ phone: main }), complianceConfig: everything });
  await optOut(phone(main));
  const { customer } = await server.ok(LeadService.method.promoteLead, { id });
  const named = { id: customer?.id ?? "" };
  expect(customer?.complianceConfig?.serviceRelatedChannels).toEqual([email]);
  expect(customer?.preference?.receiveAutoMessage).toBe(false);
  await optIn(phone(main));
  const back = await server.ok(getCustomer, named);
  expect(back.complianceConfig?.serviceRelatedChannels.toSorted()).toEqual([sms, email, call]);
});

it("an opt-out survives the erasure of its person: who gets the number next is not contacted", async () => {
  const main = freshPhone();
  const { id } = await server.ok(createCustomer, newCustomer({ phone: main }));
  await optOut(phone(main));
  await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id });
  const next = await server.ok(createCustomer, newCustomer({ phone: main }));
  expect(next.complianceConfig?.serviceRelatedChannels).toEqual([email]);
  expect(next.preference).toMatchObject({ receiveAutoMessage: false, receiveAutoEmail: true });
});

it("a create that repeats its idempotency key after an opt-out returns what was made", async () => {
  const main = freshPhone();
  const headers = { "idempotency-key": `once-${main}` };
  await optOut(phone(main));
  const first = await server.ok(createCustomer, newCustomer({ phone: main }), { headers });
  expect(await server.ok(createCustomer, newCustomer({ phone: main }), { headers })).toEqual(first);
});

describe("RecordOptOut", () => {
  it("sets the preferences of the channels to false, and RecordOptIn gives them back", async () => {
    const main = freshPhone();
    const { id } = await server.ok(createCustomer, {
      ...newCustomer({ phone: main, email: `pref@${main.slice(1)}.example` }),
    });
    await optOut(address(`pref@${main.slice(1)}.example`));
    await optOut(phone(main));
    const out = await server.ok(getCustomer, { id });
    expect(out.preference).toMatchObject({
      receiveAutoMessage: false,
      receiveAutoEmail: false,
      receiveAppointmentReminder: true,
    });
    await optIn(phone(main));
    const back = await server.ok(getCustomer, { id });
    expect(back.preference).toMatchObject({ receiveAutoMessage: true, receiveAutoEmail: false });
  });

  it("gives nothing back that was withdrawn before, or that a later change has permitted", async () => {
    const main = freshPhone();
    const { id } = await server.ok(createCustomer, newCustomer({ phone: main }));
    const paths = ["preference.receive_auto_message"];
    await server.ok(updateCustomer, {
      id,
      companyId,
      preference: { receiveAutoMessage: false },
      updateMask: { paths },
    });
    const before = await server.ok(getCustomer, { id });
    await optOut(phone(main));
    await optIn(phone(main));
    expect(await server.ok(getCustomer, { id })).toEqual(before);
  });

  it("holds company-wide by a key of one location, whose answer does not depend on who has the number", async () => {
    const [main, unused] = [freshPhone(), freshPhone()];
    const { id } = await server.ok(createCustomer, newCustomer({ phone: main, preferredBusinessId: "biz_a2" }));
    const key = keys.businessA1;
    const [known, unknown] = await Promise.all(
      [main, unused].map((value) => server.ok(recordOptOut, { companyId, contact: phone(value) }, { key })),
    );
    const shape = (entry: typeof known) => ({
      ...entry?.optOut,
      id: "",
      contactHash: "",
      occurredTime: "",
      requestId: "",
    });
    expect(shape(known)).toEqual(shape(unknown));
    expect((await server.ok(getCustomer, { id })).complianceConfig?.serviceRelatedChannels).toEqual([email]);
  });

  it("leaves archived records and those of other companies to their own", async () => {
    const main = freshPhone();
    const { id } = await server.ok(createCustomer, newCustomer({ phone: main }));
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id });
    await optOut(phone(main));
    expect((await server.ok(getCustomer, { id })).complianceConfig?.serviceRelatedChannels).toEqual([email]);
  });

  it("refuses a channel that does not reach the number or address, and needs exactly one of them", async () => {
    const refused = (request: object) => server.refused(recordOptOut, { companyId, ...request });
    expect(await refused({ contact: phone(freshPhone()), channels: [email] })).toMatchObject(
      invalidField("channels[0]", "NOT_ALLOWED"),
    );
    expect(await refused({ contact: address("a@b.example"), channels: [email, sms] })).toMatchObject(
      invalidField("channels[1]", "NOT_ALLOWED"),
    );
    expect(await refused({})).toMatchObject(invalidField("contact", "REQUIRED"));
    expect(await refused({ contact: phone("12") })).toMatchObject(invalidField("phone", "INVALID_FORMAT"));
    expect(await refused({ contact: address("a@") })).toMatchObject(invalidField("email", "INVALID_FORMAT"));
  });
});

describe("an opt-out beside a create of the same number", () => {
  /** An opt-out that has not committed when the create begins. */
  async function beside(lockedContact: (contact: string) => string) {
    const main = freshPhone();
    const { optOut: entry } = await optIn(phone(main));
    const contact = entry?.contactHash ?? "";
    const client = await server.database.owner.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT pg_advisory_xact_lock(hashtext('opt-out'), hashtext($1))", [lockedContact(contact)]);
      await client.query(
        `INSERT INTO opt_out (company_id, id, contact, contact_kind, channels, opted_out, source, occurred_time, rpc, key_id, request_id)
         VALUES ($1, $2, $3, 1, '{1,3}', true, 4, clock_timestamp(), 'a.B/C', 'key', 'request')`,
        [companyId, `opt_${main.slice(1)}`, contact],
      );
      let isDone = false;
      const creating = server.ok(createCustomer, newCustomer({ phone: main })).finally(() => {
        isDone = true;
      });
      await until(async () => isDone || (await waitingStatements(server.database.owner)) > 0);
      await client.query("COMMIT");
      return (await creating).complianceConfig?.serviceRelatedChannels;
    } finally {
      client.release();
    }
  }

  it("is waited for and respected", async () => {
    expect(await beside((contact) => contact)).toEqual([email]);
  });

  it("would be missed without the lock of its number", async () => {
    expect(await beside((contact) => `not ${contact}`)).toEqual([sms, email]);
  });

  it("never leaves the channel permitted, whichever commits first", async () => {
    const pairs = Array.from({ length: 12 }, freshPhone);
    const made = await Promise.all(
      pairs.flatMap((main) => [optOut(phone(main)), server.ok(createCustomer, newCustomer({ phone: main }))]),
    );
    const ids = made.flatMap((one) => ("id" in one ? [one.id] : []));
    const stored = await Promise.all(ids.map((id) => server.ok(getCustomer, { id })));
    expect(stored.map(({ complianceConfig }) => complianceConfig?.serviceRelatedChannels)).toEqual(
      ids.map(() => [email]),
    );
  });
});

describe("CheckConsent by phone or email", () => {
  const asked = (subject: ReturnType<typeof phone> | ReturnType<typeof address>, more: object = {}) => ({
    ...{ companyId, subject, channel: subject.case === "phone" ? sms : email, purpose: 1, ...more },
  });
  const allows = async (...[subject, more, options]: [...Parameters<typeof asked>, object?]) =>
    (await server.ok(checkConsent, asked(subject, more), options)).allowed;
  const silent = { serviceRelatedChannels: { channels: [] } };

  it.each(kinds)(
    "answers what %s with the line allows, in all forms of it and for each channel and purpose",
    async (_, kind) => {
      const main = freshPhone();
      const mail = `Line.${main.slice(1)}@Example.com`;
      const { id } = await kind.make({
        phone: "+12125550100",
        phones: [{ number: "+12125550100" }, { number: main }],
        email: mail,
      });
      const answer = await server.ok(checkConsent, asked(phone(main)));
      expect([answer.allowed, answer.entry]).toEqual([true, undefined]);
      expect(await allows(phone(`(415) 555-${main.slice(-4)}`), { channel: call })).toBe(true);
      expect(await allows(phone(main), { channel: call, purpose: 2 })).toBe(false);
      expect(await allows(address(mail.toUpperCase()), { purpose: 2 })).toBe(true);
      await kind.update(id, {}, { complianceConfig: silent });
      expect(await Promise.all([phone(main), address(mail)].map((line) => allows(line)))).toEqual([false, false]);
    },
  );

  it.each(kinds)(
    "answers no if %s of another location or an archived record of the company says no",
    async (_, kind) => {
      const key = keys.businessA1;
      const [main, other] = [freshPhone(), freshPhone()];
      const mail = `both.${main.slice(1)}@example.com`;
      const yes = newCustomer({
        phone: main,
        email: mail,
        preferredBusinessId: "biz_a1",
        complianceConfig: everything,
      });
      await server.ok(createCustomer, yes);
      const lines = [phone(main), address(mail)];
      expect(await Promise.all(lines.map((line) => allows(line, {}, { key })))).toEqual([true, true]);
      const { id } = await kind.make({ phone: other, email: mail, preferredBusinessId: "biz_a2" });
      await kind.update(id, { phones: [{ number: other }, { number: main }] }, { complianceConfig: silent });
      const refused = await Promise.all(lines.map((line) => server.ok(checkConsent, asked(line), { key })));
      const holder = { allowed: false, because: [ConsentRefusal.HOLDER] };
      expect(refused).toMatchObject([holder, holder]);
      await kind.archive(id);
      expect(await Promise.all(lines.map((line) => allows(line)))).toEqual([false, false]);
    },
  );

  it("answers a key of one location yes only for a record of that location, and says nothing of others", async () => {
    const key = keys.businessA1;
    const [elsewhere, nobodys] = [freshPhone(), freshPhone()];
    await server.ok(
      createCustomer,
      newCustomer({ phone: elsewhere, preferredBusinessId: "biz_a2", complianceConfig: everything }),
    );
    expect(await allows(phone(elsewhere))).toBe(true);
    const [known, unknown] = await Promise.all(
      [elsewhere, nobodys].map((line) => server.ok(checkConsent, asked(phone(line)), { key })),
    );
    expect(known).toEqual(unknown);
    expect(known).toMatchObject({ allowed: false, because: [ConsentRefusal.NOT_FOUND] });
  });

  it("answers no while the line is opted out, even if all records allow it, and as it was before", async () => {
    const main = freshPhone();
    const { id } = await server.ok(createCustomer, newCustomer({ phone: main, complianceConfig: everything }));
    const { optOut: before } = await optIn(phone(main));
    await server.database.owner.query(
      `INSERT INTO opt_out (company_id, id, contact, contact_kind, channels, opted_out, source, occurred_time, rpc, key_id, request_id)
       VALUES ($1, $2, $3, 1, '{1}', true, 4, clock_timestamp(), 'a.B/C', 'key', 'request')`,
      [companyId, `opt_${main.slice(1)}`, before?.contactHash],
    );
    expect((await server.ok(getCustomer, { id })).complianceConfig?.serviceRelatedChannels).toContain(sms);
    const checked = [sms, call].map((channel) => server.ok(checkConsent, asked(phone(main), { channel })));
    expect(await Promise.all(checked)).toMatchObject([
      { allowed: false, because: [ConsentRefusal.OPTED_OUT] },
      { allowed: true, because: [] },
    ]);
    expect(await allows(phone(main), { at: before?.occurredTime })).toBe(true);
  });

  it("answers at a time by the entries until then, of a promoted lead as of its customer", async () => {
    const main = freshPhone();
    const { id } = await server.ok(createLead, { ...newLead({ phone: main }), complianceConfig: everything });
    const subject = { case: "leadId" as const, value: id };
    const { entry: given } = await server.ok(checkConsent, { companyId, subject, channel: sms, purpose: 1 });
    const { customer } = await server.ok(LeadService.method.promoteLead, { id });
    await server.ok(updateCustomer, { id: customer?.id ?? "", companyId, complianceConfig: silent });
    const at = given?.givenTime;
    const earlier = { seconds: (at?.seconds ?? 0n) - 1n, nanos: 0 };
    expect(await Promise.all([{}, { at }, { at: earlier }].map((more) => allows(phone(main), more)))).toEqual([
      ...[false, true, false],
    ]);
  });

  it("refuses an invalid line, a channel that does not reach it, a future time, and no subject at all", async () => {
    const refused = (request: object) =>
      server.refused(checkConsent, { companyId, channel: sms, purpose: 1, ...request });
    const line = phone(freshPhone());
    expect(await refused({})).toMatchObject(invalidField("subject", "REQUIRED"));
    expect(await refused({ subject: phone("12") })).toMatchObject(invalidField("phone", "INVALID_FORMAT"));
    expect(await refused({ subject: address("a@"), channel: email })).toMatchObject(
      invalidField("email", "INVALID_FORMAT"),
    );
    expect(await refused({ subject: address(""), channel: email })).toMatchObject(invalidField("email", "REQUIRED"));
    expect(await refused({ subject: line, channel: email })).toMatchObject(invalidField("channel", "NOT_ALLOWED"));
    const at = { seconds: 4_000_000_000n, nanos: 0 };
    expect(await refused({ subject: line, at })).toMatchObject(invalidField("at", "OUT_OF_RANGE"));
  });
});

describe("ListOptOuts", () => {
  it("lists entries newest first, which hold a keyed hash and no number, address or record", async () => {
    const main = freshPhone();
    const { optOut: out } = await optOut(phone(main));
    const { optOut: back } = await optIn(phone(`${main} ext. 5`));
    const { optOuts } = await server.ok(listOptOuts, { companyId, pagination: {} });
    expect(optOuts.slice(0, 2)).toEqual([back, out]);
    expect(back?.contactHash).toBe(out?.contactHash);
    const { rows } = await server.database.owner.query("SELECT o::text AS row FROM opt_out o");
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${main.slice(2)}|cus_|example`));
  });
});
