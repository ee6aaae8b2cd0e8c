const customers = "moego.business.customer.v1.CustomerService";
const customerAdmin = "moego.admin.v1.CustomerAdminService";
const callers = "moego.callcenter.v1.CallerService";
const leads = "moego.business.customer.v1.LeadService";
const leadAdmin = "moego.admin.v1.LeadAdminService";
const pets = "moego.business.customer.v1.PetService";
const petAdmin = "moego.admin.v1.PetAdminService";

/** What an erasure takes and an id in a claim may name. */
export const erasableClaimKinds = ["customer", "note", "cardLink", "lead", "pet", "petNote"] as const;

export type ErasableClaimKind = (typeof erasableClaimKinds)[number];

/**
 * The rpcs whose claims hold ids of what an erasure takes, by what these ids name. An id is unique within its kind alone:
 * a tag, a package or a customer's note may have the same one as a customer that is erased, and a repeated call must
 * still find it. test/rpc/claimed-ids.test.ts holds this against what every rpc that writes stores.
 */
export const rpcsWithErasableIds = {
  customer: [
    ...["CreateCustomer", "UpdateCustomer"].map((rpc) => `${customers}/${rpc}`),
    ...["ArchiveCustomer", "RestoreCustomer", "ImportCustomer"].map((rpc) => `${customerAdmin}/${rpc}`),
    ...["UpdateCallerProfile", "LinkAccount", "UnlinkAccount"].map((rpc) => `${callers}/${rpc}`),
    `${leads}/PromoteLead`,
  ],
  note: ["AppendCustomerNotes", "UpdateCustomerNote", "DeleteCustomerNote"].map((rpc) => `${customers}/${rpc}`),
  cardLink: [`${customers}/GenCustomerCofLink`],
  lead: [
    ...["CreateLead", "UpdateLead"].map((rpc) => `${leads}/${rpc}`),
    ...["ArchiveLead", "RestoreLead", "ImportLead"].map((rpc) => `${leadAdmin}/${rpc}`),
  ],
  pet: [...["CreatePet", "UpdatePet"].map((rpc) => `${pets}/${rpc}`), `${petAdmin}/ImportPet`],
  petNote: [`${pets}/AppendPetNotes`],
} as const satisfies Record<ErasableClaimKind, readonly string[]>;
