/*
 * The rows of one person, as conditions of the statements of an export. The settings are those that export.repository.ts
 * makes. A lead and the customer that it became are the same person.
 */

export const companySetting = "moego.exported_company";
export const customerSetting = "moego.exported_customer";
export const leadSetting = "moego.exported_lead";

const company = `current_setting('${companySetting}')`;
const customer = `current_setting('${customerSetting}')`;
const lead = `current_setting('${leadSetting}')`;

export const isCustomer = (column: string) => `${column} = ${customer}`;
/** Several leads can have become one customer. Ids contain no commas. */
export const isLead = (column: string) => `${column} = ANY (string_to_array(${lead}, ','))`;

/** A pet of the customer or the lead. */
export const isOwned = `(${isCustomer("customer_id")} OR ${isLead("lead_id")})`;

export const isOfPet = `pet_id IN (SELECT id FROM pet WHERE company_id = ${company} AND ${isOwned})`;

const packages = `SELECT id FROM package WHERE company_id = ${company} AND ${isCustomer("customer_id")}`;

export const inPackages = `package_id IN (${packages})`;

export const inPackageServices = `package_service_id IN (SELECT id FROM package_service
  WHERE company_id = ${company} AND ${inPackages})`;

export const inMerges = `merge_id IN (SELECT id FROM customer_merge
  WHERE company_id = ${company} AND ${isCustomer("survivor_id")})`;

/** Entries about the customer, the lead or their pets. */
export const isSubject = (kind: string, id: string) =>
  `((${kind} = 'customer' AND ${isCustomer(id)}) OR (${kind} = 'lead' AND ${isLead(id)})
    OR (${kind} = 'pet' AND ${id} IN (SELECT id FROM pet WHERE company_id = ${company} AND ${isOwned})))`;
