// The operations by Prisma's client, which the Prisma peers share: one call each, with the children included.
import { randomUUID } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../dist/gen/prisma/client.js";
import { databaseUrl } from "./peer.mjs";

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: 10 }) });
const children = {
  addresses: true,
  notes: { orderBy: [{ createdTime: "desc" }, { id: "desc" }] },
  tags: { include: { tag: true } },
  referralSource: true,
};
const companyId = "cmp_bench";

export async function getCustomer(id) {
  return rowOf(await prisma.customer.findUnique({ where: { companyId_id: { companyId, id } }, include: children }));
}

export async function listCustomers() {
  const orderBy = [{ createdTime: "desc" }, { id: "desc" }];
  const found = await prisma.customer.findMany({
    where: { companyId, archivedTime: null },
    include: children,
    orderBy,
    take: 51,
  });
  return found.map(rowOf);
}

/** The customer with its children, its first consent and the entry of the audit log, in one transaction. */
export async function createCustomer({ preferredBusinessId, firstName, lastName, phone, email, address, tags, notes }) {
  const id = newId("cus");
  const now = new Date();
  const consent = {
    serviceRelatedChannels: [1, 2],
    marketingCampaignsChannels: [],
    brandedAppEnabled: false,
    isAgreedMarketingPolicy: false,
    isConsented: false,
  };
  const origin = { companyId, rpc: "CreateCustomer", keyId: "key_bench", requestId: randomUUID() };
  const [created] = await prisma.$transaction([
    prisma.customer.create({
      data: {
        ...{ companyId, id, preferredBusinessId, firstName, lastName, phone, email, emailKey: email.toLowerCase() },
        receiveAutoMessage: true,
        receiveAutoEmail: true,
        subscribeToMarketingEmails: false,
        receiveAppointmentReminder: true,
        createdTime: now,
        lastUpdatedTime: now,
        addresses: { create: [{ id: newId("addr"), ...lines(address) }] },
        tags: { create: tags.map((tag) => ({ tagId: tag.id })) },
        notes: {
          create: notes.map(({ note }) => ({ id: newId("cxn"), note, createdTime: now, lastUpdatedTime: now })),
        },
        ...consent,
      },
      include: children,
    }),
    prisma.consentEvent.create({
      data: { ...origin, subjectKind: "customer", subjectId: id, occurredTime: now, ip: "127.0.0.1", after: consent },
    }),
    prisma.change.create({ data: { ...origin, kind: "customer", resourceId: id, version: 1, changedTime: now } }),
  ]);
  return rowOf(created);
}

function newId(prefix) {
  return `${prefix}_${randomUUID().slice(0, 24)}`;
}

function lines({ address1, city, state, postalCode, country }) {
  return { address1, city, state, postalCode, country };
}

/** With the names of the recorded statements, which customer.mjs maps. */
function rowOf(customer) {
  const { addresses, notes, tags } = customer;
  return {
    ...{ id: customer.id, company_id: customer.companyId, raw_id: customer.rawId, version: customer.version },
    ...{ first_name: customer.firstName, last_name: customer.lastName, avatar: customer.avatar },
    ...{ phone: customer.phone, email: customer.email, status: customer.status, source: customer.source },
    color_code: customer.colorCode,
    created_by: customer.createdBy,
    created_time: customer.createdTime,
    last_updated_by: customer.lastUpdatedBy,
    last_updated_time: customer.lastUpdatedTime,
    preferred_business_id: customer.preferredBusinessId,
    receive_auto_message: customer.receiveAutoMessage,
    receive_auto_email: customer.receiveAutoEmail,
    subscribe_to_marketing_emails: customer.subscribeToMarketingEmails,
    receive_appointment_reminder: customer.receiveAppointmentReminder,
    service_related_channels: customer.serviceRelatedChannels,
    marketing_campaigns_channels: customer.marketingCampaignsChannels,
    branded_app_enabled: customer.brandedAppEnabled,
    is_agreed_marketing_policy: customer.isAgreedMarketingPolicy,
    is_consented: customer.isConsented,
    archived_time: customer.archivedTime,
    source_lead_id: customer.sourceLeadId,
    assigned_staff_id: customer.assignedStaffId,
    addresses: addresses.map(({ postalCode, ...same }) => ({ ...same, postal_code: postalCode })),
    notes: notes.map(stamped),
    tags: tags.map(({ tag }) => stamped(tag)),
  };
}

function stamped({ lastUpdatedBy, lastUpdatedTime, ...same }) {
  return { ...same, last_updated_by: lastUpdatedBy, last_updated_time: lastUpdatedTime };
}
