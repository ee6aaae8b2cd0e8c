import type { Expectation } from "./id-fields.js";

interface Exception {
  readonly expectation: Expectation;
  readonly why: string;
  /** Of the tenant, in place of the one for the kind, which another rpc uses up. */
  readonly id?: string;
}

const filter = "a filter: what nobody has matches nothing";

const outside = "an id of another system, kept as it is given";
const template = "a template that is filled in when the flow runs";
const imported = "an import brings the ids of its parts along";
const authors = "an import brings the authors of its parts along";
const inGraph = "names a node of the same flow";

/** Fields for which the rules of id-fields.ts are wrong, by `Rpc path` or `* name`, each with its reason. */
export const ruleExceptions: Readonly<Record<string, Exception>> = {
  "ListPackages customer_ids": { expectation: "ignored", why: "customers that are absent or not visible are ignored" },
  "ListPackages business_ids": { expectation: "ignored", why: filter },
  "ListServices business_ids": { expectation: "ignored", why: filter },
  "ListPackageDetails package_ids": { expectation: "named", why: "the packages are what the call is about" },
  "PromoteLead id": { expectation: "named", why: "the body names what the call is about" },
  "ListConsentHistory customer_id": { expectation: "named", why: "the body names what the call is about" },
  "ListConsentHistory lead_id": { expectation: "named", why: "the body names what the call is about" },
  "CheckConsent customer_id": { expectation: "named", why: "the body names what the call is about" },
  "CheckConsent lead_id": { expectation: "named", why: "the body names what the call is about" },
  "CreateApiKey restrictions.organization_restrictions.organizations.id": {
    expectation: "REACH_EXCEEDED",
    why: "no key is made that reaches further than its maker",
  },
  "CreateApiKey restrictions.organization_restrictions.organizations.company_id": {
    expectation: "reference",
    why: "a key for a company has no company beside it",
  },
  "CreateCompany enterprise_id": {
    expectation: "ignored",
    why: "platform keys alone make companies, of any enterprise",
  },
  "UpdateCompany enterprise_id": { expectation: "SCOPE_REQUIRED", why: "platform keys alone move a company" },
  "* mobile_van_id": { expectation: "outside", why: outside },
  "* appointment_id": { expectation: "outside", why: outside },
  "* order_id": { expectation: "outside", why: outside },
  "* start_node_id": { expectation: "outside", why: inGraph },
  "CreateIvrFlow definition.nodes.id": { expectation: "outside", why: inGraph },
  "UpdateIvrFlow definition.nodes.id": { expectation: "outside", why: inGraph },
  "ValidateFlow draft.nodes.id": { expectation: "outside", why: inGraph },
  "CreateIvrFlow definition.nodes.customer_query.id": { expectation: "outside", why: template },
  "UpdateIvrFlow definition.nodes.customer_query.id": { expectation: "outside", why: template },
  "ValidateFlow draft.nodes.customer_query.id": { expectation: "outside", why: template },
  "ValidateFlow id": { expectation: "named", why: "the body names what the call is about" },
  "SellPackage package_services.id": { expectation: "free", why: "the caller may choose the ids of items" },
  "UpdateLead lead.address.id": { expectation: "outside", why: "a lead has one address, which is replaced as a whole" },
  "RemoveCustomerTags tag_ids": { expectation: "ignored", why: "a tag that the customer lacks is removed already" },
  "ImportCustomer customer.company_id": { expectation: "reference", why: "must be the company of the path" },
  "ImportLead lead.company_id": { expectation: "reference", why: "must be the company of the path" },
  "CreateCompany id": {
    expectation: "taken",
    why: "ids of companies are the same for all; platform keys alone choose them",
  },
  "ImportLead lead.pets.id": { expectation: "free", why: imported },
  "ImportLead lead.pets.notes.id": { expectation: "free", why: imported },
  "ImportPet pet.notes.id": { expectation: "free", why: imported, id: "pxn_a5" },
  "ImportCustomer customer.address.id": { expectation: "free", why: imported },
  "ImportCustomer customer.notes.id": { expectation: "free", why: imported },
  "ImportCustomer customer.notes.last_updated_by": { expectation: "reference", why: authors },
  "ImportLead lead.pets.notes.last_updated_by": { expectation: "reference", why: authors },
  "ImportLead lead.pets.created_by": { expectation: "reference", why: authors },
  "ImportLead lead.pets.last_updated_by": { expectation: "reference", why: authors },
  "ImportPet pet.notes.last_updated_by": { expectation: "reference", why: authors },
  "CreateStaff role.id": { expectation: "outside", why: outside },
  "UpdateStaff role.id": { expectation: "outside", why: outside },
  "QueryCustomer id": { expectation: "ignored", why: "a search: nobody found is the answer null" },
};

/** Paged lists of which the neighbour can have no token, each with its reason. */
export const pagedRpcExceptions: Readonly<Record<string, string>> = {
  ListAllCompanies: "open to platform keys alone, which are bound to no company",
  ListCompanies: "the neighbour's key covers one company, which is one page",
};
