import type { Address, AddressRecord } from "../../core/address.js";
import type { Consent } from "../../core/consent.js";
import { DomainError, notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
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

/** The fields of a lead that clients write. Empty strings mean unknown. */
export interface LeadFields {
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  /** E.164, or empty. */
  readonly phone: string;
  readonly email: string;
  readonly address?: Address;
  readonly preferredBusinessId?: string;
  readonly allocateStaffId?: string;
  readonly lifeCycleId?: string;
  readonly actionStatusId?: string;
  readonly referralSourceId?: string;
  readonly consent: Consent;
  readonly customFields: FieldValues;
}

/** A lead with its children. */
export interface Lead extends LeadFields {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  /** In the order in which they were added. */
  readonly pets: readonly Pet[];
  readonly lifeCycle?: LifeCycle;
  readonly actionStatus?: ActionStatus;
  readonly referralSource?: ReferralSource;
  /** Staff ids. Empty means unknown. */
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  /** Set once the lead is promoted. It can then no longer be read or changed. */
  readonly promotedCustomerId?: string;
  readonly archived: boolean;
  /** Number of the current version, starting at 1. */
  readonly version: bigint;
}

/** A lead has at most one address, so a new one replaces it and keeps its id. */
export function ownAddress(address: AddressRecord, current?: Address): Address {
  return { ...address, id: current?.id ?? newId(idPrefixes.address) };
}

/** Throws NOT_FOUND for an archived lead, and LEAD_PROMOTED for a promoted one. */
export function assertLead(lead: Lead): Lead {
  if (assertNotPromoted(lead).archived) throw notFoundError("Lead", lead.id);
  return lead;
}

/** Throws LEAD_PROMOTED for a promoted lead. */
export function assertNotPromoted(lead: Lead): Lead {
  if (lead.promotedCustomerId !== undefined) throw leadPromoted(lead.id, lead.promotedCustomerId);
  return lead;
}

/** NOT_FOUND for a promoted lead. The metadata contain the id of its customer. */
export function leadPromoted(id: string, customerId: string): DomainError {
  return new DomainError("LEAD_PROMOTED", "The lead was promoted to a customer.", { metadata: { id, customerId } });
}
