import { CustomerService } from "../../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { SettingService } from "../../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "../../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import type { NewLead } from "../../support/new-lead.js";
import type { TestServer } from "../../support/server.js";

const companyId = "cmp_a";
const page = { companyId, pagination: { pageSize: 20, pageToken: "1" } };
const setting = SettingService.method;
const { listCustomers } = CustomerService.method;
const { listLeads } = LeadService.method;

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

type List = readonly [what: string, call: (server: TestServer) => Promise<readonly string[]>, ids: readonly string[]];

/** The lists of lists.ts whose shapes reach a gRPC client. */
export const grpcLists: readonly List[] = [
  [
    "leads, businessIds",
    async (server) => idsOf((await server.ok(listLeads, { ...page, businessIds: ["biz_a2"] })).leads),
    ["lcus_a2"],
  ],
  [
    "customers, filter.ids",
    async (server) => idsOf((await server.ok(listCustomers, { ...page, filter: { ids: ["cus_a1"] } })).customers),
    ["cus_a1"],
  ],
  [
    "staffs, not includeDeleted",
    async (server) =>
      idsOf((await server.ok(StaffService.method.listStaffs, { ...page, includeDeleted: false })).staffs),
    ["staff_a2", "staff_a1"],
  ],
  [
    "pet sizes, pagination",
    async (server) => idsOf((await server.ok(setting.listPetSizes, page)).petSizes),
    ["psz_a1", "psz_a2"],
  ],
  [
    "pet types, pagination",
    async (server) => idsOf((await server.ok(setting.listPetTypes, page)).petTypes),
    ["pt_a2", "pt_a1"],
  ],
  [
    "coat types, pagination",
    async (server) => idsOf((await server.ok(setting.listPetCoatTypes, page)).petCoatTypes),
    ["pct_a2", "pct_a1"],
  ],
  [
    "pets of a lead",
    async (server) => idsOf((await server.ok(PetService.method.listPets, { customerId: "lcus_a1" })).pets),
    ["pet_l1"],
  ],
];

const dog = { name: "Rex", type: 2 } as const;

/** The leads of leads.ts whose shapes reach a gRPC client. */
export const grpcLeads: readonly (readonly [what: string, lead: NewLead, read: object])[] = [
  ["a pet without a breed", { pets: [dog] }, { pets: [{ ...dog, breed: "" }] }],
  ["an all-empty second pet", { pets: [{ ...dog, breed: "Boxer" }, {}] }, { pets: [{ name: "Rex" }] }],
  ["an empty birthday", { pets: [{ ...dog, birthday: {} }] }, { pets: [dog] }],
  ["an exact weight", { pets: [{ ...dog, weight: { exactValue: "25.5" } }] }, { pets: [{ weight: { value: 26 } }] }],
  ["an empty referral source", { referralSource: {} }, { firstName: "Ann" }],
  ["an empty address", { address: {} }, { firstName: "Ann" }],
];
