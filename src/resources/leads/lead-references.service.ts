import { notFoundInCompany, type Violation } from "../../core/errors.js";
import type { LeadReferences, MissingLeadReferences } from "./lead.model.js";

const fieldOf = {
  preferredBusinessId: "preferred_business_id",
  allocateStaffId: "allocate_staff_id",
  lifeCycleId: "life_cycle.id",
  actionStatusId: "action_status.id",
  referralSourceId: "referral_source.id",
} as const satisfies Record<keyof LeadReferences, string>;

/** Violations for missing references, with paths within the lead. */
export function leadReferenceViolations({ references, petCodePaths }: MissingLeadReferences): Violation[] {
  return [...references.map((reference) => fieldOf[reference]), ...petCodePaths].map((field) => ({
    field,
    reason: "NOT_FOUND",
    description: notFoundInCompany,
  }));
}

/** Prefixes the paths with `lead`. */
export function prefixLeadPaths(violations: readonly Violation[]): Violation[] {
  return violations.map((violation) => ({ ...violation, field: `lead.${violation.field}` }));
}
