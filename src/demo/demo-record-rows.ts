import { defaultConsent } from "../core/consent.js";
import { consentSources } from "../core/consent-provenance.js";
import { defaultPreference } from "../core/preference.js";
import { consentField } from "../db/contact-columns.js";
import type { FieldValues } from "../resources/custom-fields/custom-field.model.js";
import { demoStaffId, type Row } from "./demo-directory.js";

/** The API key of the rows of a company. */
export type KeyIds = ReadonlyMap<string, string>;

interface DemoRecord {
  readonly companyId: string;
  readonly id: string;
  readonly createdTime: string;
}

export interface DemoContact extends DemoRecord {
  readonly name: readonly [first: string, last: string];
  readonly phone: string;
  readonly email: string;
  readonly businessId?: string;
  readonly referralSourceId?: string;
  readonly customFields?: FieldValues;
  readonly updatedTime: string;
}

export function toContactRow(contact: DemoContact): Row {
  return {
    company_id: contact.companyId,
    id: contact.id,
    first_name: contact.name[0],
    last_name: contact.name[1],
    phone: contact.phone,
    email: contact.email,
    email_key: contact.email.toLowerCase(),
    preferred_business_id: contact.businessId ?? null,
    referral_source_id: contact.referralSourceId ?? null,
    ...consentField.write(defaultConsent),
    custom_fields: contact.customFields ?? {},
    created_by: demoStaffId,
    created_time: contact.createdTime,
    last_updated_by: demoStaffId,
    last_updated_time: contact.updatedTime,
  };
}

/** Rows of the consent ledger that creation through the API would write. */
export function consentRows(kind: "customer" | "lead", contacts: readonly DemoContact[], keyIds: KeyIds): Row[] {
  return contacts.map(({ companyId, id, createdTime }) => ({
    ...{ company_id: companyId, subject_kind: kind, subject_id: id, occurred_time: createdTime },
    ...authorColumns(companyId, keyIds),
    ...{ ip: "127.0.0.1", after: defaultConsent, preference_after: kind === "customer" ? defaultPreference : null },
    ...{ given_time: createdTime, source: consentSources.numberOf("API") },
  }));
}

/** Rows of the audit log that creation through the API would write. */
export function changeRows(
  kind: "customer" | "lead" | "package",
  records: readonly DemoRecord[],
  keyIds: KeyIds,
): Row[] {
  return records.map(({ companyId, id, createdTime }) => ({
    ...{ company_id: companyId, kind, resource_id: id, version: 1, changed_time: createdTime },
    ...authorColumns(companyId, keyIds),
  }));
}

/** The request that writes a row. */
export function authorColumns(companyId: string, keyIds: KeyIds): Row {
  return { rpc: "moego seed", key_id: keyIds.get(companyId) ?? "", staff_id: demoStaffId, request_id: "seed" };
}
