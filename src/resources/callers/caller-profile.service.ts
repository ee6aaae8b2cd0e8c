import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { DomainError, notFoundInCompany, throwIfInvalid, violation } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import { requireEtag, type WriteContext } from "../../core/write.js";
import type { CallerRepository, MissingProfileReference, ProfileChange, ProfileTransaction } from "./caller.model.js";
import type { AccountKind, CallerProfile } from "./caller-profile.model.js";

/** The customer whose profile a request names. */
interface ProfileTarget {
  readonly companyId: string;
  readonly customerId: string;
}

/** The validated input of UpdateCallerProfile. Absent fields are unchanged. */
export interface ProfileUpdate extends ProfileTarget {
  /** Throws ETAG_MISMATCH unless it equals the current etag. */
  readonly etag?: string | undefined;
  readonly change: ProfileChange;
}

export interface AccountLink extends ProfileTarget {
  readonly kind: AccountKind;
  readonly accountId: string;
}

export type CallerProfiles = ReturnType<typeof createCallerProfiles>;

/** Call-center profiles of customers. Every method throws COMPANY_NOT_ALLOWED and NOT_FOUND. */
export function createCallerProfiles(callers: Pick<CallerRepository, "getProfile" | "change">) {
  const targetOf = ({ companyId, customerId }: ProfileTarget, principal: Principal) => ({
    ...{ accessFilter: companyAccessFilter(requireCompanyAccess(principal, companyId)), id: customerId },
  });

  return {
    async get(target: ProfileTarget, principal: Principal, signal: AbortSignal): Promise<CallerProfile> {
      const profile = await callers.getProfile(targetOf(target, principal), signal);
      return requireFound(profile, "Customer", target.customerId);
    },

    /** Throws RESOURCE_ARCHIVED, INVALID_REQUEST, ETAG_MISMATCH. */
    async update(update: ProfileUpdate, principal: Principal, write: WriteContext) {
      return callers.change(targetOf(update, principal), write, (unit) => applyUpdate(unit, update));
    },

    /** Links an account and replaces an account of the same kind. Throws RESOURCE_ARCHIVED, ALREADY_EXISTS. */
    async link({ kind, accountId, ...target }: AccountLink, principal: Principal, write: WriteContext) {
      return callers.change(targetOf(target, principal), write, async (unit) => {
        if (unit.profile.accounts[kind] === accountId) return unit.skipUpdate();
        const holder = await unit.link(kind, accountId);
        if (holder) throw accountTaken(holder.visible ? holder.customerId : undefined);
      });
    },

    /** Throws RESOURCE_ARCHIVED. */
    async unlink({ kind, ...target }: Omit<AccountLink, "accountId">, principal: Principal, write: WriteContext) {
      return callers.change(targetOf(target, principal), write, async (unit) => {
        if (unit.profile.accounts[kind] === undefined) return unit.skipUpdate();
        await unit.unlink(kind);
      });
    },
  };
}

async function applyUpdate(unit: ProfileTransaction, { etag, change }: ProfileUpdate): Promise<void> {
  const { profile } = unit;
  requireEtag(etag, profile, "Customer");
  const { vipLevelId, assignedStaffId } = change;
  // References of the profile may have been archived in the meantime. Sending them back unchanged is always allowed.
  const missing = await unit.missing({
    ...(vipLevelId && vipLevelId !== profile.vipLevel?.id ? { vipLevelId } : {}),
    ...(assignedStaffId && assignedStaffId !== profile.assignedStaffId ? { assignedStaffId } : {}),
  });
  throwIfInvalid(missing.map((reference) => violation(fieldOf[reference], "NOT_FOUND", notFoundInCompany)));
  await unit.save(change);
}

const fieldOf = {
  vipLevelId: "vip_level_id",
  assignedStaffId: "assigned_staff_id",
} as const satisfies Record<MissingProfileReference, string>;

/** The metadata contain the id of the customer that has the account, if the principal can access it. */
function accountTaken(customerId: string | undefined): DomainError {
  return new DomainError("ALREADY_EXISTS", "This account is already linked to another customer.", {
    metadata: { resource: "Account", field: "account_id", ...(customerId === undefined ? {} : { customerId }) },
  });
}
