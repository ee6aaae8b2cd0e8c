import { addressTypes } from "../core/address.js";
import { defaultConsent } from "../core/consent.js";
import { consentField } from "../db/contact-columns.js";
import { customerStatuses } from "../resources/customers/customer.model.js";
import { type DemoCustomer, demoCustomers } from "./demo-customers.js";
import type { Row, Tables } from "./demo-directory.js";

/** The actor of everything that the seed writes. */
export const demoAuthor = { staffId: "staff_001", rpc: "moego seed", requestId: "seed", ip: "127.0.0.1" } as const;

/** The demo customers and their children, with the audit log rows that creation through the API would write. */
export function customerTables(keyIds: ReadonlyMap<string, string>): Tables {
  const authorOf = (customer: DemoCustomer) => ({
    rpc: demoAuthor.rpc,
    key_id: keyIds.get(customer.companyId) ?? "",
    staff_id: demoAuthor.staffId,
    request_id: demoAuthor.requestId,
  });
  return [
    ["customer", demoCustomers.map(toCustomerRow)],
    ["customer_address", demoCustomers.flatMap(toAddressRows)],
    ["customer_tag", demoCustomers.flatMap(toTagRows)],
    ["customer_note", demoCustomers.flatMap(toNoteRows)],
    [
      "consent_event",
      demoCustomers.map((customer) => ({
        company_id: customer.companyId,
        subject_kind: "customer",
        subject_id: customer.id,
        occurred_time: customer.createdTime,
        ...authorOf(customer),
        ip: demoAuthor.ip,
        after: defaultConsent,
      })),
    ],
    [
      "change",
      demoCustomers.map((customer) => ({
        company_id: customer.companyId,
        kind: "customer",
        resource_id: customer.id,
        version: 1,
        ...authorOf(customer),
        changed_time: customer.createdTime,
      })),
    ],
  ];
}

function toCustomerRow(customer: DemoCustomer): Row {
  return {
    company_id: customer.companyId,
    id: customer.id,
    first_name: customer.name[0],
    last_name: customer.name[1],
    phone: customer.phone,
    email: customer.email,
    email_key: customer.email.toLowerCase(),
    status: customerStatuses.numberOf(customer.inactive ? "INACTIVE" : "ACTIVE"),
    source: "",
    preferred_business_id: customer.businessId,
    referral_source_id: customer.referralSourceId ?? null,
    assigned_staff_id: customer.staffId ?? null,
    source_lead_id: customer.sourceLeadId ?? null,
    receive_auto_message: true,
    receive_auto_email: true,
    subscribe_to_marketing_emails: false,
    receive_appointment_reminder: true,
    ...consentField.write(defaultConsent),
    custom_fields: customer.customFields ?? {},
    archived_time: customer.archivedTime ?? null,
    created_by: demoAuthor.staffId,
    created_time: customer.createdTime,
    last_updated_by: demoAuthor.staffId,
    last_updated_time: customer.updatedTime,
  };
}

function toAddressRows(customer: DemoCustomer): Row[] {
  return (customer.addresses ?? []).map((address, index) => ({
    company_id: customer.companyId,
    customer_id: customer.id,
    ...address,
    type: addressTypes.numberOf(index === 0 ? "PRIMARY" : "SECONDARY"),
  }));
}

function toTagRows(customer: DemoCustomer): Row[] {
  return (customer.tagIds ?? []).map((tagId) => ({
    company_id: customer.companyId,
    customer_id: customer.id,
    tag_id: tagId,
  }));
}

function toNoteRows(customer: DemoCustomer): Row[] {
  return (customer.notes ?? []).map((note, index) => {
    const time = new Date(Date.parse(customer.createdTime) + index * 60_000).toISOString();
    return {
      company_id: customer.companyId,
      id: `cxn_${customer.id}_${index + 1}`,
      customer_id: customer.id,
      note,
      created_time: time,
      last_updated_by: demoAuthor.staffId,
      last_updated_time: time,
    };
  });
}
