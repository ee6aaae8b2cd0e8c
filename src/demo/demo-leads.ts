import { petTypes } from "../resources/pets/pet.model.js";
import { demoCompanyIds, demoStaffId, type Row, type Tables } from "./demo-directory.js";
import { changeRows, consentRows, type DemoContact, type KeyIds, toContactRow } from "./demo-record-rows.js";

const { first, second } = demoCompanyIds;

interface DemoLead extends DemoContact {
  readonly staffId?: string;
  readonly lifeCycleId: string;
  readonly actionStatusId?: string;
  readonly promotedCustomerId?: string;
}

/** One lead in every life cycle stage and action status, one promoted, one without a location. */
const leads: readonly DemoLead[] = [
  {
    companyId: first,
    // As shown in the MoeGo API reference, "Lead".
    id: "lcus_001",
    name: ["John", "Doe"],
    phone: "+12125551234",
    email: "john.doe@example.com",
    businessId: "biz_001",
    lifeCycleId: "lc_001",
    actionStatusId: "as_001",
    customFields: {
      field_lead_source_detail: { string: "Facebook Ad Campaign" },
      field_estimated_budget: { money: { currencyCode: "USD", units: "500", nanos: 0 } },
      field_interested_services: { stringList: { values: ["Grooming", "Boarding"] } },
    },
    createdTime: "2024-01-15T10:00:00Z",
    updatedTime: "2024-01-20T14:30:00Z",
  },
  {
    companyId: first,
    id: "lcus_002",
    name: ["Ana", "Silva"],
    phone: "+12125550141",
    email: "",
    businessId: "biz_001",
    staffId: "staff_002",
    lifeCycleId: "lc_002",
    actionStatusId: "as_002",
    referralSourceId: "ref_002",
    customFields: {
      field_lead_source_detail: { string: "Street fair" },
      field_estimated_budget: { money: { currencyCode: "USD", units: "80", nanos: 500000000 } },
      field_interested_services: { stringList: { values: ["Training"] } },
      field_follow_up_date: { timestampTime: "2024-06-10T00:00:00Z" },
      field_first_talk: { string: "Two dogs.\nAsked about puppies' classes." },
      field_household_pets: { int64: "2" },
      field_newsletter: { bool: true },
      field_preferred_time: { string: "Evening" },
      field_recommended_by: { relation: { entity: "CUSTOMER", id: "0", refId: "cus_001" } },
      field_call_after: { timeOfDay: { hours: 18, minutes: 0, seconds: 0, nanos: 0 } },
      field_visit: { timestampTime: "2024-06-12T22:00:00Z" },
    },
    createdTime: "2024-06-01T09:00:00Z",
    updatedTime: "2024-06-01T09:00:00Z",
  },
  {
    companyId: first,
    id: "lcus_003",
    name: ["Kenji", "Sato"],
    phone: "",
    email: "kenji@example.com",
    businessId: "bus_001",
    lifeCycleId: "lc_003",
    actionStatusId: "as_003",
    createdTime: "2024-06-05T09:00:00Z",
    updatedTime: "2024-06-08T09:00:00Z",
  },
  {
    companyId: first,
    id: "lcus_004",
    name: ["Ruth", "Adler"],
    phone: "+12125550142",
    email: "ruth@example.com",
    lifeCycleId: "lc_004",
    createdTime: "2024-05-20T09:00:00Z",
    updatedTime: "2024-06-20T09:00:00Z",
  },
  {
    companyId: first,
    id: "lcus_006",
    name: ["Olga", "Petrova"],
    phone: "+12125550140",
    email: "olga@example.com",
    businessId: "biz_001",
    lifeCycleId: "lc_003",
    promotedCustomerId: "cus_204",
    createdTime: "2024-05-28T09:00:00Z",
    updatedTime: "2024-06-03T12:00:00Z",
  },
  {
    companyId: second,
    id: "lcus_001",
    name: ["Liam", "Roy"],
    phone: "+14165550143",
    email: "liam@example.net",
    businessId: "biz_001",
    lifeCycleId: "lc_001",
    createdTime: "2024-06-02T09:00:00Z",
    updatedTime: "2024-06-02T09:00:00Z",
  },
];

const dog = petTypes.numberOf("DOG");
const cat = petTypes.numberOf("CAT");

const pets: readonly Row[] = [
  pet("pet_001", { customer_id: "cus_001" }, "Buddy", dog, "Labrador Retriever"),
  pet("pet_002", { customer_id: "cus_001" }, "Mia", cat, "Domestic Shorthair"),
  pet("pet_003", { customer_id: "cus_123" }, "Rex", dog, "Standard Poodle"),
  pet("pet_004", { customer_id: "cus_204" }, "Laika", dog, "Mixed"),
  pet("pet_005", { lead_id: "lcus_001" }, "Bello", dog, "Beagle"),
  pet("pet_006", { lead_id: "lcus_002" }, "Pipoca", dog, "Shih Tzu"),
];

/** The demo leads and all pets, with the audit log rows that creation through the API would write. */
export function leadTables(keyIds: KeyIds): Tables {
  return [
    ["lead", leads.map(toLeadRow)],
    ["pet", pets],
    ["pet_pet_code", [{ company_id: first, pet_id: "pet_001", pet_code_id: "pc_002" }]],
    [
      "pet_note",
      [
        {
          ...{ company_id: first, id: "cxn_pet_001_1", pet_id: "pet_001", content: "Loves water." },
          ...{ created_time: "2024-02-01T10:00:00Z", last_updated_time: "2024-02-01T10:00:00Z" },
          last_updated_by: demoStaffId,
        },
      ],
    ],
    [
      "pet_vaccination",
      [{ company_id: first, pet_id: "pet_001", position: 0, name: "Rabies", expired_time: "2026-03-01T00:00:00Z" }],
    ],
    ["consent_event", consentRows("lead", leads, keyIds)],
    ["change", changeRows("lead", leads, keyIds)],
  ];
}

function toLeadRow(lead: DemoLead): Row {
  return {
    ...toContactRow(lead),
    allocate_staff_id: lead.staffId ?? null,
    life_cycle_id: lead.lifeCycleId,
    action_status_id: lead.actionStatusId ?? null,
    promoted_customer_id: lead.promotedCustomerId ?? null,
  };
}

function pet(
  id: string,
  owner: { readonly customer_id?: string; readonly lead_id?: string },
  name: string,
  type: number,
  breed: string,
): Row {
  return {
    company_id: first,
    id,
    customer_id: owner.customer_id ?? null,
    lead_id: owner.lead_id ?? null,
    ...{ name, type, breed },
    created_time: "2024-02-01T10:00:00Z",
    last_updated_time: "2024-02-01T10:00:00Z",
  };
}
