import { reachOf, visibilityWithin } from "../../core/access.js";
import { DomainError, etagMismatch, invalidRequest, notFound } from "../../core/errors.js";
import { etagOf } from "../../core/etag.js";
import type { Caller } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import type { CallerRepository, MissingProfileReference, ProfileChange, ProfileUnit } from "./caller.model.js";
import type { AccountKind, CallerProfile } from "./caller-profile.model.js";

/** The customer whose profile a call names. */
export interface ProfileTarget {
  readonly companyId: string;
  readonly customerId: string;
}

/** What UpdateCallerProfile asks for, parsed: absent = kept. */
export interface ProfileUpdate extends ProfileTarget {
  /** Refused with ETAG_MISMATCH unless it is that of the stored state. */
  readonly etag?: string;
  readonly change: ProfileChange;
}

export interface AccountLink extends ProfileTarget {
  readonly kind: AccountKind;
  readonly accountId: string;
}

/** What a call centre knows of customers. Every rpc throws COMPANY_NOT_ALLOWED and NOT_FOUND. */
export interface CallerProfiles {
  get(target: ProfileTarget, caller: Caller, signal: AbortSignal): Promise<CallerProfile>;
  /** Throws RESOURCE_ARCHIVED, INVALID_REQUEST, ETAG_MISMATCH. */
  update(update: ProfileUpdate, caller: Caller, write: Write): Promise<CallerProfile>;
  /** Puts the account in the place of the one of this kind. Throws RESOURCE_ARCHIVED, ALREADY_EXISTS. */
  link(link: AccountLink, caller: Caller, write: Write): Promise<CallerProfile>;
  /** Throws RESOURCE_ARCHIVED. */
  unlink(link: Omit<AccountLink, "accountId">, caller: Caller, write: Write): Promise<CallerProfile>;
}

export function createCallerProfiles(callers: Pick<CallerRepository, "getProfile" | "change">): CallerProfiles {
  const change = (
    { companyId, customerId }: ProfileTarget,
    caller: Caller,
    write: Write,
    work: (unit: ProfileUnit) => Promise<void>,
  ) => callers.change({ visibility: visibilityWithin(reachOf(caller, companyId)), id: customerId }, write, work);

  return {
    async get({ companyId, customerId }, caller, signal) {
      const visibility = visibilityWithin(reachOf(caller, companyId));
      const profile = await callers.getProfile({ visibility, id: customerId }, signal);
      if (!profile) throw notFound("Customer", customerId);
      return profile;
    },

    async update(update, caller, write) {
      return change(update, caller, write, (unit) => applyUpdate(unit, update));
    },

    async link({ kind, accountId, ...target }, caller, write) {
      return change(target, caller, write, async (unit) => {
        if (unit.profile.accounts[kind] === accountId) return unit.leave();
        const holder = await unit.link(kind, accountId);
        if (holder) throw accountTaken(holder.visible ? holder.customerId : undefined);
      });
    },

    async unlink({ kind, ...target }, caller, write) {
      return change(target, caller, write, async (unit) => {
        if (unit.profile.accounts[kind] === undefined) return unit.leave();
        await unit.unlink(kind);
      });
    },
  };
}

async function applyUpdate(unit: ProfileUnit, { etag, change }: ProfileUpdate): Promise<void> {
  const { profile } = unit;
  if (etag !== undefined && etag !== etagOf(profile)) throw etagMismatch("customer", etagOf(profile));
  const { vipLevelId, assignedStaffId } = change;
  // What the profile named before may have been archived since; sending it back is no new use of it.
  const missing = await unit.missing({
    ...(vipLevelId && vipLevelId !== profile.vipLevel?.id ? { vipLevelId } : {}),
    ...(assignedStaffId && assignedStaffId !== profile.assignedStaffId ? { assignedStaffId } : {}),
  });
  if (missing.length > 0) throw invalidRequest(missing.map(missingViolation));
  await unit.save(change);
}

const fieldOf = {
  vipLevelId: "vip_level_id",
  assignedStaffId: "assigned_staff_id",
} as const satisfies Record<MissingProfileReference, string>;

function missingViolation(reference: MissingProfileReference) {
  const description = "Does not exist in the company.";
  return { field: fieldOf[reference], reason: "NOT_FOUND" as const, description };
}

/** Names the customer that has the account, if the caller sees it. */
function accountTaken(customerId: string | undefined): DomainError {
  return new DomainError("ALREADY_EXISTS", "Another customer has this account.", {
    metadata: { resource: "Account", field: "account_id", ...(customerId === undefined ? {} : { customerId }) },
  });
}
