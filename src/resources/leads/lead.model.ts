import type { Address } from "../../core/address.js";
import type { Consent } from "../../core/consent.js";
import { DomainError, notFoundError } from "../../core/errors.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import type { ReferralSource } from "../customers/customer.model.js";
import type { Pet } from "../pets/pet.model.js";

export interface LifeCycle {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly archived: boolean;
}

export interface ActionStatus {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly archived: boolean;
}

/** A lead with everything that belongs to it. Empty strings stand for "not known". */
export interface Lead {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  /** E.164, or empty. */
  readonly phone: string;
  readonly email: string;
  readonly address?: Address;
  /** In the order they were added. */
  readonly pets: readonly Pet[];
  readonly preferredBusinessId?: string;
  readonly allocateStaffId?: string;
  readonly lifeCycle?: LifeCycle;
  readonly actionStatus?: ActionStatus;
  readonly referralSource?: ReferralSource;
  readonly consent: Consent;
  readonly customFields: FieldValues;
  /** Staff ids; empty when nobody is known. */
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  /** Set once the lead has become a customer; it then answers nothing but that. */
  readonly promotedCustomerId?: string;
  readonly archived: boolean;
  /** Counts the changes, from 1. */
  readonly version: bigint;
}

/** A lead that is still one: archived ones are NOT_FOUND, promoted ones name their customer. */
export function assertLead(lead: Lead): Lead {
  if (assertNotPromoted(lead).archived) throw notFoundError("Lead", lead.id);
  return lead;
}

/** A lead that is still one, archived or not. */
export function assertNotPromoted(lead: Lead): Lead {
  if (lead.promotedCustomerId !== undefined) throw leadPromoted(lead.id, lead.promotedCustomerId);
  return lead;
}

/** NOT_FOUND for a lead that has become a customer, which it names. */
export function leadPromoted(id: string, customerId: string): DomainError {
  return new DomainError("LEAD_PROMOTED", "The lead was promoted to a customer.", { metadata: { id, customerId } });
}
