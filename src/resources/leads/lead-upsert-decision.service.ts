import type { BatchMode } from "../../core/batch.js";
import type { OpenItem, Refusals } from "../../core/batch-items.js";
import { archivedError, type DomainError } from "../../core/errors.js";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { absentMatch, ambiguousMatch, hiddenMatch, type OnMatch } from "../../core/upsert.js";
import { refuseTakenIds } from "../../core/upsert-change.js";
import { contactValues, matchEach } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import { preparedFields } from "../custom-fields/prepared-fields.service.js";
import { decideTaggedUpserts, type PlannedItem, plannedItems } from "../setting-lists/tagged-upsert.model.js";
import { type Lead, leadPromoted } from "./lead.model.js";
import type { LeadFacts, LeadItem } from "./lead-batch.model.js";
import { judgeEach, recordsOf, withoutDuplicateLeads } from "./lead-batch-decision.service.js";
import { questionsOf } from "./lead-batch-facts.service.js";
import { applyLeadUpdate } from "./lead-update.service.js";
import type {
  AskedLeadChange,
  FoundLeads,
  LeadUpsertDecision,
  LeadUpsertItem,
  LeadUpsertUnit,
  PlannedLead,
} from "./lead-upsert.model.js";
import { updateOf } from "./lead-upsert-change.service.js";

/** An item that is still to be decided, with the lead that it creates. */
export interface AskedUpsert extends OpenItem<LeadItem> {
  readonly upsert: LeadUpsertItem;
}

interface UpsertContext {
  readonly principal: Principal;
  readonly access: CompanyAccess;
  readonly mode: BatchMode;
  readonly onMatch: OnMatch;
  /** Refused before, by position. */
  readonly early: Refusals;
  readonly mayCreateTags: boolean;
  /** Whether the API key may choose the id of a lead that is created. */
  readonly mayKeepIds: boolean;
  viewOf(item: LeadItem): DuplicateView;
  readonly write: WriteContext;
}

interface Found extends AskedUpsert {
  readonly record: Lead;
}

/**
 * Decides which items of a batch create a lead, and which change one.
 *
 * @throws the refusal of an item if the batch is stored as a whole or not at all
 */
export function decideUpserts<Plan extends PlannedLead>(
  unit: LeadUpsertUnit<Plan>,
  asked: readonly AskedUpsert[],
  context: UpsertContext,
): Promise<LeadUpsertDecision<Plan>> {
  const { access, mode, onMatch, early } = context;
  return decideTaggedUpserts(unit, asked, {
    ...{ companyId: access.companyId, mode, onMatch, early },
    async match(open, refused) {
      const found = await unit.find(open.map(({ position, upsert }) => ({ position, ...upsert.keys })));
      return matchEach(open, found, {
        ...{ noun: "lead", refused },
        refuseFound: (leads, one) => foundRefusal(leads, found, one, context),
        refuseAbsent: ({ upsert: { keys } }) => absentMatch({ resource: "Lead", keys, mayKeepIds: context.mayKeepIds }),
        namesOf: ({ item }) => contactValues(item.lead),
      });
    },
    async judge(unmatched, refused) {
      const judging = { ...context, refused };
      return withoutDuplicateLeads(unit, await judgeEach(unit, unmatched, judging), judging);
    },
    plan: (matched, refused) => planEach(unit, matched, { ...context, refused }),
    recordsOf: (admitted, tags) => recordsOf(unit, admitted, tags, context),
  });
}

/** Leads that the principal cannot access are found only by an id, and never named. */
function foundRefusal(
  leads: readonly Lead[],
  { hidden }: FoundLeads,
  { upsert: { keys } }: AskedUpsert,
  { onMatch, mayKeepIds }: UpsertContext,
): DomainError | undefined {
  if (leads.some(({ id }) => hidden.has(id))) return hiddenMatch({ resource: "Lead", keys, mayKeepIds });
  const [lead, ...others] = leads;
  const ids = leads.map(({ id }) => id);
  if (others.length > 0) return ambiguousMatch("Lead", ids);
  if (!lead || onMatch === "SKIP") return undefined;
  if (lead.promotedCustomerId !== undefined) return leadPromoted(lead.id, lead.promotedCustomerId);
  return lead.archived ? archivedError("Lead", lead.id) : undefined;
}

interface Planning extends UpsertContext {
  readonly refused: Map<number, DomainError>;
}

/** The changes of the leads that were found. */
async function planEach<Plan extends PlannedLead>(
  unit: LeadUpsertUnit<Plan>,
  found: readonly Found[],
  context: Planning,
): Promise<readonly PlannedItem<Plan>[]> {
  const { access, refused, write } = context;
  const facts = await unit.ask(questionsOf(found));
  const given = found.map(({ item }) => item.lead.customFields);
  const customFields = await preparedFields(unit.customFields, { access, association: "LEAD", given }, write.signal);
  const asked = found.map((one) => toAskedChange(one, facts, context));
  const plans = await unit.plan(asked, { ...facts, customFields });
  return plannedItems(found, plans, (position, refusal) => refused.set(position, refusal));
}

function toAskedChange(
  { upsert, record: lead }: Found,
  { takenExternalIds: owners }: LeadFacts,
  { principal, onMatch, write: { signal } }: Planning,
): AskedLeadChange {
  return {
    lead,
    async decide(transaction) {
      refuseTakenIds(upsert.item.lead.externalIds, { resource: "Lead", id: lead.id, owners });
      await applyLeadUpdate(transaction, updateOf(upsert, lead, onMatch), { principal, signal });
    },
  };
}
