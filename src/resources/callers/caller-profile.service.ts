import { DomainError, etagMismatch, invalidRequest, notFoundError, notFoundInCompany } from "../../core/errors.js";
import { companyAccessFilter, type Principal, requireCompanyAccess } from "../../core/principal.js";
import { etagOf, type WriteContext } from "../../core/write.js";
import type { CallerRepository, MissingProfileReference, ProfileChange, ProfileTransaction } from "./caller.model.js";
import type { AccountKind, CallerProfile } from "./caller-profile.model.js";

/** The customer whose profile a request names. */
export interface ProfileTarget {
  readonly companyId: string;
  readonly customerId: string;
}

/** The validated input of UpdateCallerProfile. Absent fields are unchanged. */
export interface ProfileUpdate extends ProfileTarget {
  /** Throws ETAG_MISMATCH unless it equals the current etag. */
  readonly etag?: string;
  readonly change: ProfileChange;
}

export interface AccountLink extends ProfileTarget {
  readonly kind: AccountKind;
  readonly accountId: string;
}

/** Call-center profiles of customers. Every method throws COMPANY_NOT_ALLOWED and NOT_FOUND. */
export interface CallerProfiles {
  get(target: ProfileTarget, principal: Principal, signal: AbortSignal): Promise<CallerProfile>;
  /** Throws RESOURCE_ARCHIVED, INVALID_REQUEST, ETAG_MISMATCH. */
  update(update: ProfileUpdate, principal: Principal, write: WriteContext): Promise<CallerProfile>;
  /** Links an account and replaces an account of the same kind. Throws RESOURCE_ARCHIVED, ALREADY_EXISTS. */
  link(link: AccountLink, principal: Principal, write: WriteContext): Promise<CallerProfile>;
  /** Throws RESOURCE_ARCHIVED. */
  unlink(link: Omit<AccountLink, "accountId">, principal: Principal, write: WriteContext): Promise<CallerProfile>;
}

export function createCallerProfiles(callers: Pick<CallerRepository, "getProfile" | "change">): CallerProfiles {
  const change = (
    { companyId, customerId }: ProfileTarget,
    principal: Principal,
    write: WriteContext,
    work: (unit: ProfileTransaction) => Promise<void>,
  ) =>
    callers.change(
      { accessFilter: companyAccessFilter(requireCompanyAccess(principal, companyId)), id: customerId },
      write,
      work,
    );

  return {
    async get({ companyId, customerId }, principal, signal) {
      const accessFilter = companyAccessFilter(requireCompanyAccess(principal, companyId));
      const profile = await callers.getProfile({ accessFilter, id: customerId }, signal);
      if (!profile) throw notFoundError("Customer", customerId);
      return profile;
    },

    async update(update, principal, write) {
      return change(update, principal, write, (unit) => applyUpdate(unit, update));
    },

    async link({ kind, accountId, ...target }, principal, write) {
      return change(target, principal, write, async (unit) => {
        if (unit.profile.accounts[kind] === accountId) return unit.skipUpdate();
        const holder = await unit.link(kind, accountId);
        if (holder) throw accountTaken(holder.visible ? holder.customerId : undefined);
      });
    },

    async unlink({ kind, ...target }, principal, write) {
      return change(target, principal, write, async (unit) => {
        if (unit.profile.accounts[kind] === undefined) return unit.skipUpdate();
        await unit.unlink(kind);
      });
    },
  };
}

async function applyUpdate(unit: ProfileTransaction, { etag, change }: ProfileUpdate): Promise<void> {
  const { profile } = unit;
  if (etag !== undefined && etag !== etagOf(profile)) throw etagMismatch("Customer", etagOf(profile));
  const { vipLevelId, assignedStaffId } = change;
  // References of the profile may have been archived in the meantime. Sending them back unchanged is always allowed.
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
  const description = notFoundInCompany;
  return { field: fieldOf[reference], reason: "NOT_FOUND" as const, description };
}

/** The metadata contain the id of the customer that has the account, if the principal can access it. */
function accountTaken(customerId: string | undefined): DomainError {
  return new DomainError("ALREADY_EXISTS", "This account is already linked to another customer.", {
    metadata: { resource: "Account", field: "account_id", ...(customerId === undefined ? {} : { customerId }) },
  });
}
