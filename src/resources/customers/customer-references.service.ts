import { DomainError, invalidRequest, notFoundInCompany, type Violation } from "../../core/errors.js";
import { type TagReference, type TagResolution, tagViolations } from "../setting-lists/tag.model.js";
import type { MissingReferences, References } from "./customer-store.model.js";

const fieldOf = {
  preferredBusinessId: "preferred_business_id",
  referralSourceId: "referral_source.id",
  assignedStaffId: "assigned_staff_id",
} as const satisfies Record<keyof References, string>;

export interface RefusedReferences {
  readonly missing: MissingReferences;
  readonly tags: TagResolution;
  /** The tags as in the request. */
  readonly references: readonly TagReference[];
  /** Violations that were found before. */
  readonly violations: readonly Violation[];
}

/**
 * The error for references to nonexistent or archived records or to those of another tenant: INVALID_ARGUMENT with all
 * field paths. PERMISSION_DENIED if a tag would have to be created without the required scope. Undefined if there is no
 * violation.
 */
export function referenceError({ missing, tags, references, violations }: RefusedReferences): DomainError | undefined {
  const all = [
    ...violations,
    ...missing.map((reference) => ({
      field: fieldOf[reference],
      reason: "NOT_FOUND" as const,
      description: notFoundInCompany,
    })),
    ...tagViolations(references, tags),
  ];
  if (tags.forbiddenPositions.length > 0) {
    return new DomainError("SCOPE_REQUIRED", "Creating a tag by name requires the scope setting:write.", {
      metadata: { scope: "setting:write" },
    });
  }
  if (all.length === 0) return undefined;
  const onlyArchivedTags = all.length === tags.archivedPositions.length;
  if (onlyArchivedTags)
    return new DomainError("TAG_ARCHIVED", "The request uses an archived tag.", { violations: all });
  return invalidRequest(all);
}
