import type { Row } from "../../src/demo/demo-directory.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { planted } from "../reliability/tenancy/planted.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { isNamed } from "./tenancy.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = ConsentService.method;
const companyId = "cmp_a";
const ofCustomer = (value: string) => ({ subject: { case: "customerId", value } }) as const;

const idFields = { customer_id: isNamed, lead_id: isNamed };

const emailOfLead = { email: planted.askedLeadEmail, channel: "COMPLIANCE_CHANNEL_EMAIL" };

const event = (place: number, { subjectId = rowId(0), ...id }: { id?: number; subjectId?: string } = {}): Row => ({
  ...id,
  ...{ company_id: company, subject_kind: "customer", subject_id: subjectId, occurred_time: minute(place) },
  ...{ rpc: "a.B/C", key_id: "key", staff_id: "", ip: "127.0.0.1", request_id: "request" },
  after: {
    ...{ serviceRelatedChannels: ["SMS"], marketingCampaignsChannels: [] },
    ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
  },
});

const optOutRow = (id: string, place: number): Row => ({
  ...{ company_id: company, id, contact: "hash", contact_kind: 1, channels: "{1}", opted_out: true, source: 4 },
  ...{ occurred_time: minute(place), rpc: "a.B/C", key_id: "key", staff_id: "", request_id: "request" },
});

const number = (value: string) => ({ contact: { case: "phone", value } }) as const;
let lastNumber = 0;

/** Numbers that a customer each has, who can be reached or has opted out. */
const repeatedLine = (state: "reached" | "opted out") => async (server: TestServer) => {
  const makeLine = async () => {
    lastNumber += 1;
    const phone = `+1415555${3_000 + lastNumber}`;
    await server.ok(CustomerService.method.createCustomer, newCustomer({ phone }));
    const line = { companyId, ...number(phone) };
    if (state === "opted out") await server.ok(rpc.recordOptOut, line);
    return line;
  };
  return { good: await makeLine(), other: await makeLine(), bad: { companyId, ...number("12") } };
};
// Nobody has it.
const unknownLine = { companyId, ...number("+14155553000") };
/** Whose hashes have no key, as those of the neighbour have. */
const firstOfCompany = {
  ...{ name: "first of its company", ids: { company_id: "cmp_quota" }, key: keys.quota },
  json: { phone: planted.line },
};

export const consent: readonly RpcEntry[] = [
  entry(rpc.listConsentHistory, {
    request: { companyId, ...ofCustomer("cus_a1"), pagination: {} },
    foreignIds: { customer_id: "cus_c1" },
    rows: [["consent_event", numbers.map((n) => event(placeOf(n), { id: n + 1 }))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company, ...ofCustomer(rowId(0)) },
        otherRequest: { companyId: company, ...ofCustomer(rowId(1)) },
        ids: numbers.map((n) => String(n + 1)).toReversed(),
        table: "consent_event",
        isLedger: true,
        strangersAreForeign: true,
        stranger: (_, place) => event(place, { subjectId: rowId(2) }),
      },
    ],
    tenancy: {
      idFields,
      calls: [
        { name: "a lead of both", ids: { lead_id: "lcus_a2" } },
        { name: "a lead of both, second page", ids: { lead_id: "lcus_a2" }, isSecondPage: true },
      ],
    },
  }),
  entry(rpc.checkConsent, {
    request: { companyId, subject: { case: "leadId", value: "lcus_a1" }, channel: 1, purpose: 1 },
    foreignIds: { lead_id: "lcus_c1" },
    tenancy: {
      idFields,
      calls: [
        { name: "promoted to the neighbour's", ids: { lead_id: planted.promotedLead } },
        { name: "a lead of both", ids: { lead_id: "lcus_a2" } },
        { name: "a customer of both", ids: { customer_id: "cus_a2" } },
        { name: "a customer with entries of others elsewhere", ids: { customer_id: planted.asked } },
        { name: "a phone of a customer", json: { phone: planted.askedPhone } },
        { name: "an email of a customer", json: { email: planted.askedEmail, channel: "COMPLIANCE_CHANNEL_EMAIL" } },
        { name: "a phone of a lead", json: { phone: planted.askedLeadPhone } },
        { name: "an email of a lead", json: emailOfLead },
        // Nobody else at the location has it.
        { name: "a phone of a lead elsewhere", json: { phone: planted.askedLeadPhone }, key: keys.businessA1 },
        { name: "an email of a lead elsewhere", json: emailOfLead, key: keys.businessA1 },
        { name: "a number of both", json: { phone: planted.line } },
        { name: "an address of both", json: { email: planted.lineEmail, channel: "COMPLIANCE_CHANNEL_EMAIL" } },
        firstOfCompany,
      ],
      showsNoText: "answers yes or no",
    },
  }),
  entry(rpc.recordOptOut, {
    request: unknownLine,
    repeat: repeatedLine("reached"),
    tenancy: {
      calls: [
        { name: "a number of both", json: { phone: planted.line } },
        { name: "an address of both", json: { email: planted.lineEmail } },
        firstOfCompany,
      ],
    },
  }),
  entry(rpc.recordOptIn, {
    request: unknownLine,
    repeat: repeatedLine("opted out"),
    tenancy: { calls: [{ name: "an opted-out number of both", json: { phone: planted.withdrawnLine } }] },
  }),
  entry(rpc.listOptOuts, {
    request: { companyId, pagination: {} },
    rows: [["opt_out", numbers.map((n) => optOutRow(rowId(n), placeOf(n)))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company },
        ids: descending,
        table: "opt_out",
        isLedger: true,
        stranger: optOutRow,
      },
    ],
  }),
];
