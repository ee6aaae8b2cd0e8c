const customers = "moego.business.customer.v1.CustomerService";
const customerAdmin = "moego.admin.v1.CustomerAdminService";
const callers = "moego.callcenter.v1.CallerService";
const leads = "moego.business.customer.v1.LeadService";
const leadAdmin = "moego.admin.v1.LeadAdminService";
const pets = "moego.business.customer.v1.PetService";
const petAdmin = "moego.admin.v1.PetAdminService";

/** Kinds of records that are erased and can appear in idempotency records. */
export const erasableClaimKinds = ["customer", "note", "cardLink", "lead", "pet", "petNote"] as const;

export type ErasableClaimKind = (typeof erasableClaimKinds)[number];

/**
 * RPCs whose idempotency records contain ids of erasable records, by kind. An id is unique only within its kind: a tag,
 * a package or a note may have the id of an erased customer, and a retry must still find it.
 * test/rpc/claimed-ids.test.ts compares this list with what every writing RPC stores.
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
