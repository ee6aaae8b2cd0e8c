import { addressTypes } from "../core/address.js";
import { customerStatuses } from "../resources/customers/customer.model.js";
import { demoCompanyIds, demoStaffId, type Row, type Tables } from "./demo-directory.js";
import { changeRows, consentRows, type DemoContact, type KeyIds, toContactRow } from "./demo-record-rows.js";

const { first, second } = demoCompanyIds;

interface DemoCustomer extends DemoContact {
  readonly businessId: string;
  readonly inactive?: boolean;
  readonly archivedTime?: string;
  readonly staffId?: string;
  readonly tagIds?: readonly string[];
  /** Oldest first. */
  readonly notes?: readonly string[];
  /** The primary one first. */
  readonly addresses?: readonly Row[];
  /** The lead that was promoted to this customer. */
  readonly sourceLeadId?: string;
}

/** Names, numbers and email addresses are fictitious: numbers in the range 555-01xx and domains of RFC 2606. */
const customers: readonly DemoCustomer[] = [
  {
    companyId: first,
    id: "cus_001",
    name: ["John", "Doe"],
    phone: "+12125550111",
    email: "john.doe@example.com",
    businessId: "biz_001",
    referralSourceId: "ref_001",
    staffId: "staff_001",
    tagIds: ["tag_001"],
    notes: ["Prefers morning appointments.", "Buddy is shy with clippers: start with the brush."],
    addresses: [
      address("addr_001", ["123 Main St", "Apt 4"], ["New York", "NY", "10001"], [40.7506, -73.9972]),
      address("addr_002", ["77 Shore Rd", ""], ["Montauk", "NY", "11954"], [41.0359, -71.9545]),
    ],
    customFields: {
      field_preferred_time: { string: "Morning" },
      field_interests: { stringList: { values: ["Grooming", "Boarding"] } },
      field_birthday: { timestampTime: "1984-05-17T00:00:00Z" },
      field_household_pets: { int64: "2" },
      field_newsletter: { bool: true },
      field_monthly_budget: { money: { currencyCode: "USD", units: "150", nanos: 0 } },
      field_house_rules: { string: "Ring twice.\nThe cat stays upstairs." },
      field_recommended_by: { relation: { entity: "CUSTOMER", id: "0", refId: "cus_123" } },
      field_call_after: { timeOfDay: { hours: 17, minutes: 30, seconds: 0, nanos: 0 } },
      field_last_survey: { timestampTime: "2024-07-01T15:00:00Z" },
    },
    createdTime: "2024-01-15T10:00:00Z",
    updatedTime: "2024-07-20T14:30:00Z",
  },
  {
    companyId: first,
    id: "cus_123",
    name: ["Jane", "Roe"],
    phone: "+12125550123",
    email: "jane.roe@example.com",
    businessId: "biz_001",
    referralSourceId: "ref_002",
    tagIds: ["tag_002", "tag_001"],
    notes: ["Called to ask about boarding in August."],
    addresses: [address("addr_003", ["9 Elm St", ""], ["New York", "NY", "10012"], [40.7246, -73.9976])],
    createdTime: "2024-03-02T16:45:00Z",
    // On the day that the list example of the MoeGo API reference, "Customer", filters by.
    updatedTime: "2024-08-01T09:15:00Z",
  },
  {
    companyId: first,
    id: "cus_201",
    name: ["María José", "García Núñez"],
    phone: "+17185550124",
    email: "mj.garcia@example.com",
    businessId: "bus_001",
    tagIds: ["tag_002"],
    customFields: { field_parking: { string: "Loading bay behind the shop" } },
    createdTime: "2024-05-10T08:20:00Z",
    updatedTime: "2024-08-01T18:05:00Z",
  },
  {
    companyId: first,
    id: "cus_202",
    name: ["Sam", "O'Neil"],
    phone: "+12125550125",
    email: "",
    businessId: "biz_001",
    inactive: true,
    notes: ["Moved away; asked to keep the records."],
    createdTime: "2023-02-11T12:00:00Z",
    updatedTime: "2024-02-01T12:00:00Z",
  },
  {
    companyId: first,
    id: "cus_203",
    name: ["Priya", "Raman"],
    phone: "+12125550126",
    email: "priya@example.com",
    businessId: "bus_001",
    archivedTime: "2024-06-30T17:00:00Z",
    createdTime: "2023-07-07T15:30:00Z",
    updatedTime: "2024-06-30T17:00:00Z",
  },
  {
    companyId: first,
    // Promoted from the lead lcus_006.
    id: "cus_204",
    name: ["Olga", "Petrova"],
    phone: "+12125550140",
    email: "olga@example.com",
    businessId: "biz_001",
    sourceLeadId: "lcus_006",
    createdTime: "2024-06-03T12:00:00Z",
    updatedTime: "2024-06-03T12:00:00Z",
  },
  {
    companyId: first,
    // An id imported from another system.
    id: "copH7x2",
    name: ["Lee", "Park"],
    phone: "+19175550127",
    email: "lee.park@example.org",
    businessId: "biz_001",
    staffId: "staff_002",
    referralSourceId: "ref_001",
    createdTime: "2024-07-28T11:11:00Z",
    updatedTime: "2024-07-28T11:11:00Z",
  },
  {
    companyId: second,
    // The first company uses this id as well.
    id: "cus_001",
    name: ["Noah", "Tremblay"],
    phone: "+14165550128",
    email: "noah@example.net",
    businessId: "biz_001",
    tagIds: ["tag_001"],
    notes: ["Two cats, separate rooms."],
    addresses: [address("addr_001", ["12 King St W", ""], ["Toronto", "ON", "M5H 1A1"], [43.6489, -79.3817], "CA")],
    createdTime: "2024-04-01T10:00:00Z",
    updatedTime: "2024-04-01T10:00:00Z",
  },
  {
    companyId: second,
    id: "cus_301",
    name: ["Emma", "Singh"],
    phone: "+14165550129",
    email: "emma@example.net",
    businessId: "biz_001",
    createdTime: "2024-04-02T10:00:00Z",
    updatedTime: "2024-08-01T10:00:00Z",
  },
];

/** The demo customers and their children, with the audit log rows that creation through the API would write. */
export function customerTables(keyIds: KeyIds): Tables {
  return [
    ["customer", customers.map(toCustomerRow)],
    ["customer_address", customers.flatMap(toAddressRows)],
    ["customer_tag", customers.flatMap(toTagRows)],
    ["customer_note", customers.flatMap(toNoteRows)],
    ["consent_event", consentRows("customer", customers, keyIds)],
    ["change", changeRows("customer", customers, keyIds)],
  ];
}

function toCustomerRow(customer: DemoCustomer): Row {
  return {
    ...toContactRow(customer),
    status: customerStatuses.numberOf(customer.inactive ? "INACTIVE" : "ACTIVE"),
    source: "",
    assigned_staff_id: customer.staffId ?? null,
    source_lead_id: customer.sourceLeadId ?? null,
    receive_auto_message: true,
    receive_auto_email: true,
    subscribe_to_marketing_emails: false,
    receive_appointment_reminder: true,
    archived_time: customer.archivedTime ?? null,
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
      last_updated_by: demoStaffId,
      last_updated_time: time,
    };
  });
}

function address(
  id: string,
  [address1, address2]: readonly [string, string],
  [city, state, postalCode]: readonly [string, string, string],
  [latitude, longitude]: readonly [number, number],
  country = "US",
): Row {
  return { id, address1, address2, city, state, postal_code: postalCode, country, latitude, longitude };
}
