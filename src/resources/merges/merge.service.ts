import { requireBusinessAccess, requireCompanyAccess, targetIn } from "../../core/access.js";
import { archivedError, throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import { maxExternalIds } from "../../core/external-id.js";
import type { Page } from "../../core/page.js";
import { maxPhones } from "../../core/phone/contact-phone.js";
import type { Principal } from "../../core/principal.js";
import { assertRecordSize, recordBytes } from "../../core/record-size.js";
import { requireEtag, type WriteContext } from "../../core/write.js";
import { maxVisitorIds } from "../callers/caller-profile.model.js";
import { maxAddresses } from "../customers/customer.model.js";
import { quotaExceeded } from "../customers/customer-create.service.js";
import { maxPets } from "../pets/pet.model.js";
import { maxTagsPerCustomer } from "../setting-lists/tag.model.js";
import type { Choices, MergePlan, MergeRepository, MergeSides } from "./merge.model.js";
import { planMerge, undecidedAccounts } from "./merge-plan.service.js";

/** The validated input of PreviewMerge. */
export interface MergeInput {
  readonly companyId: string;
  readonly id: string;
  readonly fromId: string;
  readonly choices: Choices;
}

/** The validated input of MergeCustomers. */
interface CheckedMerge extends MergeInput {
  readonly etag?: string | undefined;
  readonly fromEtag?: string | undefined;
}

interface MergeDependencies {
  readonly merges: MergeRepository;
  readonly recordBytes: number;
}

export type Merges = ReturnType<typeof createMerges>;

/** The rules of merges. */
export function createMerges({ merges, recordBytes: limit }: MergeDependencies) {
  const planned = (sides: MergeSides, choices: Choices, principal: Principal) => {
    const { customer } = sides.survivor;
    if (customer.archived) throw archivedError("Customer", customer.id);
    const plan = planMerge(sides, choices);
    const { preferredBusinessId } = plan.change;
    const access = requireCompanyAccess(principal, customer.companyId);
    if (preferredBusinessId) requireBusinessAccess(access, [preferredBusinessId]);
    return plan;
  };
  return {
    async preview({ choices, ...input }: MergeInput, principal: Principal, signal: AbortSignal) {
      const sides = await merges.read({ ...targetIn(principal, input), fromId: input.fromId }, signal);
      const plan = planned(sides, choices, principal);
      throwIfInvalid(limitViolations(sides, plan));
      return { plan, sides };
    },

    merge({ choices, etag, fromEtag, ...input }: CheckedMerge, principal: Principal, write: WriteContext) {
      const target = { ...targetIn(principal, input), fromId: input.fromId };
      return merges.merge(target, write, (sides) => {
        requireEtag(etag, sides.survivor.customer, "Customer");
        requireEtag(fromEtag, sides.merged.customer, "Customer");
        const plan = planned(sides, choices, principal);
        const undecided = undecidedAccounts(plan).map((path) =>
          violation(`choices.${path}`, "REQUIRED", "Required if both records have an account of this kind."),
        );
        throwIfInvalid([...undecided, ...limitViolations(sides, plan)]);
        assertSize(sides, plan, limit);
        return plan;
      });
    },

    async undo(
      input: { readonly companyId: string; readonly mergeId: string },
      principal: Principal,
      write: WriteContext,
    ) {
      const { companyId, mergeId } = input;
      const { accessFilter } = targetIn(principal, { companyId, id: mergeId });
      return merges.undo({ accessFilter, companyId, mergeId }, write, (max) => quotaExceeded(companyId, max));
    },

    list({ companyId, customerId, page }: ListMerges, principal: Principal, signal: AbortSignal) {
      const { accessFilter } = targetIn(principal, { companyId, id: "" });
      return merges.list({ accessFilter, companyId, customerId, page }, signal);
    },
  };
}

interface ListMerges {
  readonly companyId: string;
  readonly customerId?: string | undefined;
  readonly page: Page;
}

/** What does not fit into one customer. */
function limitViolations({ survivor, merged }: MergeSides, plan: MergePlan): readonly Violation[] {
  const pets = survivor.counts.currentPets + merged.counts.currentPets;
  const lists = [
    ["phones", plan.phones.length, maxPhones],
    ["addresses", plan.addresses.length, maxAddresses],
    ["tags", plan.tags.length, maxTagsPerCustomer],
    ["visitor_ids", plan.profile.visitorIds.length, maxVisitorIds],
  ] as const;
  return [
    ...lists.flatMap(([name, count, max]) =>
      count > max
        ? [
            violation(
              `choices.${name}`,
              "TOO_MANY",
              `Must leave the survivor with at most ${max} entries; it would have ${count}. Choose the list of one record.`,
            ),
          ]
        : [],
    ),
    ...(
      [
        ["pets", pets, maxPets],
        ["external ids", plan.result.externalIds.length, maxExternalIds],
      ] as const
    ).flatMap(([name, count, max]) =>
      count > max
        ? [
            violation(
              "from_id",
              "TOO_MANY",
              `Must leave the survivor with at most ${max} ${name}; it would have ${count}.`,
            ),
          ]
        : [],
    ),
  ];
}

/** A merge makes no record larger than one that is written can be, apart from what was stored before. */
function assertSize({ survivor, merged }: MergeSides, { result }: MergePlan, limit: number): void {
  const noteBytes = survivor.counts.noteBytes + merged.counts.noteBytes;
  const bytes = recordBytes({ ...result, notes: [] }) + noteBytes;
  const storedBytes = recordBytes({ ...survivor.customer, notes: [] }) + survivor.counts.noteBytes;
  assertRecordSize({ record: result, bytes, storedBytes, limit });
}
