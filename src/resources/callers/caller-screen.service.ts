import { companyAccessFilter } from "../../core/access.js";
import { type ConsentPurpose, isAllowed } from "../../core/contact-rule.js";
import { readCallerPhone } from "../../core/phone/phone.js";
import type { Principal } from "../../core/principal.js";
import { companyOf } from "./caller-query.service.js";
import type { CallerScreen, CallerScreenRepository, ScreenMatch } from "./caller-screen.model.js";

interface CallingNumber {
  /** Absent or "" means the company of the API key, if it has access to exactly one. */
  readonly companyId?: string;
  /** In any format. A national number is parsed for the country of the company. */
  readonly tel: string;
}

export type CallerScreens = ReturnType<typeof createCallerScreens>;

/** What receptionists see when the telephone rings. */
export function createCallerScreens(callers: CallerScreenRepository) {
  return {
    /**
     * Everybody with the calling number. A number that is missing, withheld or unreadable is not an error.
     *
     * @throws DomainError COMPANY_NOT_ALLOWED; INVALID_REQUEST at company_id if the API key does not determine the
     * company
     */
    async find(principal: Principal, asked: CallingNumber, signal: AbortSignal): Promise<CallerScreen> {
      const access = companyOf(principal, asked.companyId ?? "");
      const { companyId } = access;
      const nobody = { companyId, number: "", matches: [], matchCount: 0 };
      if (asked.tel.trim() === "") return { status: "UNKNOWN", ...nobody };
      const phone = readCallerPhone(asked.tel, access.country);
      if (phone.kind !== "number") return { status: phone.kind === "withheld" ? "WITHHELD" : "UNREADABLE", ...nobody };
      const { number } = phone;
      const search = await callers.findAll({ accessFilter: companyAccessFilter(access), phone: number }, signal);
      return { status: search.matchCount === 0 ? "UNKNOWN" : "FOUND", companyId, number, ...search };
    },
  };
}

/** Whether automated calls are allowed. Before the first entry of the ledger, nothing is. */
export function callConsentOf({ consent }: Pick<ScreenMatch, "consent">) {
  // No member of the preference is about calls.
  const allows = (purpose: ConsentPurpose) => isAllowed({ consent }, { channel: "AUTO_CALL", purpose });
  return { serviceRelated: allows("SERVICE_RELATED"), marketing: allows("MARKETING") };
}
