import { requireCompanyAccess } from "../../core/access.js";
import { DomainError } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import type { KeyUseQuery, KeyUseRepository } from "./key-use.model.js";

export type KeyUses = ReturnType<typeof createKeyUses>;

/** The reads of personal data of a company. */
export function createKeyUses(uses: KeyUseRepository) {
  return {
    /** A read can concern people at several locations, so a key that is limited to locations lists none. */
    async list(query: KeyUseQuery, principal: Principal, signal: AbortSignal) {
      if (requireCompanyAccess(principal, query.filter.companyId).businessIds !== undefined) throw isLimited();
      return uses.list(query, signal);
    },
  };
}

function isLimited(): DomainError {
  const message = "An API key limited to locations cannot list reads of the whole company.";
  return new DomainError("SCOPE_REQUIRED", message, { metadata: { scope: "audit:read" } });
}
