import { type AddressJson, toAddress } from "../../db/address-columns.js";
import { type ConsentRow, toConsent } from "../../db/consent-columns.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import { referralSourceJson } from "../customers/customer.columns.js";
import type { ReferralSource } from "../customers/customer.model.js";
import { leadPetJson, listedPetJson, type PetJson, toPet } from "../pets/pet.columns.js";
import type { ActionStatus, Lead, LifeCycle } from "./lead.model.js";

/** A lead with its children, as selected by `leadColumns` and `leadChildren`. */
export interface LeadRow extends ConsentRow {
  readonly company_id: string;
  readonly id: string;
  readonly raw_id: string | bigint;
  readonly first_name: string;
  readonly last_name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly address: AddressJson | null;
  readonly preferred_business_id: string | null;
  readonly allocate_staff_id: string | null;
  readonly custom_fields: FieldValues;
  readonly promoted_customer_id: string | null;
  readonly archived_time: Date | null;
  readonly created_by: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
  readonly version: string | bigint;
  readonly pets: readonly PetJson[] | null;
  readonly life_cycle: LifeCycle | null;
  readonly action_status: ActionStatus | null;
  readonly referral_source: ReferralSource | null;
}

/** The scalar columns of `lead AS l`. */
export const leadColumns = `l.company_id, l.id, l.raw_id, l.first_name, l.last_name, l.avatar, l.phone, l.email, l.address,
  l.preferred_business_id, l.allocate_staff_id, l.service_related_channels, l.marketing_campaigns_channels,
  l.branded_app_enabled, l.is_agreed_marketing_policy, l.is_consented, l.custom_fields, l.promoted_customer_id,
  l.archived_time, l.created_by, l.created_time, l.last_updated_by, l.last_updated_time, l.version`;

/** The children of `lead AS l`, aggregated in the same statement. */
export const leadChildren = childrenWith(leadPetJson);

/** The same for a page of leads, with fewer notes per pet. */
export const listedLeadChildren = childrenWith(listedPetJson);

function childrenWith(pet: string): string {
  return `(SELECT jsonb_agg(${pet} ORDER BY p.created_time, p.id) FROM (
      SELECT pet.*, count(*) OVER () AS pets_of_lead FROM pet
      WHERE pet.company_id = l.company_id AND pet.lead_id = l.id AND pet.archived_time IS NULL) p) AS pets,
  (SELECT json_build_object('id', s.id, 'name', s.name, 'isDefault', s.is_default, 'archived', s.archived_time IS NOT NULL)
    FROM life_cycle s WHERE s.company_id = l.company_id AND s.id = l.life_cycle_id) AS life_cycle,
  (SELECT json_build_object('id', s.id, 'name', s.name, 'color', s.color, 'archived', s.archived_time IS NOT NULL)
    FROM action_status s WHERE s.company_id = l.company_id AND s.id = l.action_status_id) AS action_status,
  (SELECT ${referralSourceJson}
    FROM referral_source r WHERE r.company_id = l.company_id AND r.id = l.referral_source_id) AS referral_source`;
}

export function toLead(row: LeadRow): Lead {
  return {
    companyId: row.company_id,
    id: row.id,
    rawId: BigInt(row.raw_id),
    firstName: row.first_name,
    lastName: row.last_name,
    avatar: row.avatar,
    phone: row.phone,
    email: row.email,
    ...(row.address ? { address: toAddress(row.address) } : {}),
    pets: row.pets?.map(toPet) ?? [],
    ...(row.preferred_business_id === null ? {} : { preferredBusinessId: row.preferred_business_id }),
    ...(row.allocate_staff_id === null ? {} : { allocateStaffId: row.allocate_staff_id }),
    ...(row.life_cycle ? { lifeCycle: row.life_cycle } : {}),
    ...(row.action_status ? { actionStatus: row.action_status } : {}),
    ...(row.referral_source ? { referralSource: row.referral_source } : {}),
    consent: toConsent(row),
    customFields: row.custom_fields,
    createdBy: row.created_by,
    createdTime: row.created_time,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
    ...(row.promoted_customer_id === null ? {} : { promotedCustomerId: row.promoted_customer_id }),
    archived: row.archived_time !== null,
    version: BigInt(row.version),
  };
}
