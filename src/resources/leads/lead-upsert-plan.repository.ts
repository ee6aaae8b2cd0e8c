import { isRefused, orRefusal, type RefusedBatchItem } from "../../core/batch.js";
import { type Channel, sameConsent } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import type { Reachable } from "../../core/contact-line.js";
import { consentRespectingOptOut, type PastChoice, type Withheld } from "../../core/contact-rule.js";
import { type ExternalId, withoutExternalIds } from "../../core/external-id.js";
import { planRespectingOptOuts, withoutRepeatedChoices } from "../../core/opt-out-plans.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import { assertRecordSize } from "../../core/record-size.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { changedFields } from "../../db/changed-fields.js";
import { type PlannedTags, planTags } from "../setting-lists/planned-tags.model.js";
import type { Tag } from "../setting-lists/tag.model.js";
import type { Lead, LeadChange, LeadTransaction } from "./lead.model.js";
import { missingOf } from "./lead-batch.model.js";
import { leadSize } from "./lead-size.repository.js";
import type { AskedLeadChange, LeadChangeFacts, PlannedLead } from "./lead-upsert.model.js";
import type { UpsertedLeadRow } from "./lead-upsert-read.repository.js";

interface LeadChanges {
  readonly change: LeadChange & Pick<Partial<Lead>, "consent">;
  readonly provenance?: ConsentProvenance | undefined;
  readonly withheld?: Withheld | undefined;
  /** Whether opt-outs matter for what is permitted. */
  readonly asksOptOuts: boolean;
  /** Names of changed fields with rows of their own. */
  readonly nested: ReadonlySet<string>;
  readonly phones?: readonly ContactPhone[];
  /** All of them after the change. */
  readonly externalIds: readonly ExternalId[];
  readonly addedExternalIds: readonly ExternalId[];
  readonly tags: readonly Tag[];
}

/** A decided change with what it stores. */
export interface LeadPlan extends PlannedLead {
  readonly changes: LeadChanges;
  /** Names of the changed fields, as the API spells them. */
  readonly fields: readonly string[];
  /** Whether the consent changes. */
  readonly isOtherChoice: boolean;
  /** Whether the consent ledger gets an entry. */
  readonly isNewChoice: boolean;
  readonly newTags: PlannedTags["created"];
}

interface PlanOptions {
  /** The leads as they are locked, by id. */
  readonly rows: ReadonlyMap<string, UpsertedLeadRow>;
  readonly facts: LeadChangeFacts;
  readonly companyId: string;
  readonly write: WriteContext;
  readonly recordBytes: number;
  optedOut(records: readonly Reachable[]): Promise<readonly (readonly Channel[])[]>;
  ledgersOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly PastChoice[]>>;
}

type Planned = LeadPlan | RefusedBatchItem;

/** Decides changes, and again those of leads who have opted out of what they would permit. */
export async function planLeads(asked: readonly AskedLeadChange[], options: PlanOptions): Promise<readonly Planned[]> {
  const plans = await planRespectingOptOuts(asked, {
    plan: (one, optedOut) => orRefusal<LeadPlan>(() => planLead(one, optedOut, options)),
    contactsOf: (plan) => (isRefused(plan) || !plan.changes.asksOptOuts ? undefined : contactsAfter(plan)),
    optedOut: options.optedOut,
  });
  return withoutRepeatedChoices<LeadPlan>(plans, options.ledgersOf);
}

function contactsAfter({ record, changes: { phones, change } }: LeadPlan): Reachable {
  return { phones: phones ?? record.phones, email: change.email ?? record.email };
}

async function planLead(
  { lead, decide }: AskedLeadChange,
  optedOut: readonly Channel[],
  { rows, facts, companyId, write, recordBytes }: PlanOptions,
): Promise<LeadPlan> {
  const carried = lead.tags.map(({ id }) => id);
  const planned = planTags(facts.tags, carried);
  const { unit, taken } = takeChanges(lead, { facts, resolveTags: planned.resolve, optedOut });
  await decide(unit);
  const changes = taken();
  const { change, nested, withheld } = changes;
  const after = leadAfter(lead, changes, actingStaffId(write, companyId));
  const noteBytes = rows.get(lead.id)?.note_bytes ?? 0;
  const [bytes, storedBytes] = [leadSize(after, noteBytes), leadSize(lead, noteBytes)];
  assertRecordSize({ record: after, bytes, storedBytes, limit: recordBytes });
  const isOtherChoice = !sameConsent(change.consent ?? lead.consent, lead.consent);
  const isNewChoice = isOtherChoice || withheld !== undefined;
  const fields = [...changedFields(lead, { ...lead, ...change }), ...nested];
  const creations = [...planned.created.values()];
  const isEmpty = fields.length === 0 && !isNewChoice;
  const choice = { isOtherChoice, isNewChoice };
  return { record: lead, changes, fields, ...choice, newTags: planned.created, creations, isEmpty };
}

/** The lead after the change, as far as its size depends on it. */
function leadAfter(lead: Lead, { change, phones, externalIds, tags }: LeadChanges, lastUpdatedBy: string): Lead {
  const set = Object.entries(change).filter(([, value]) => value !== null && value !== undefined);
  const after: Lead = Object.assign({}, lead, Object.fromEntries(set));
  return { ...after, ...(phones ? { phones } : {}), externalIds, tags, lastUpdatedBy };
}

interface TakeOptions {
  readonly facts: LeadChangeFacts;
  readonly resolveTags: LeadTransaction["resolveTags"];
  readonly optedOut: readonly Channel[];
}

/** A unit that takes notes of what the rules change, and answers from what was read. */
function takeChanges(
  lead: Lead,
  { facts, resolveTags, optedOut }: TakeOptions,
): { readonly unit: LeadTransaction; taken(): LeadChanges } {
  const carried = new Set(lead.tags.map(({ id }) => id));
  const nested = new Set<string>();
  let change: LeadChanges["change"] = {};
  let provenance: ConsentProvenance | undefined;
  let withheld: Withheld | undefined;
  let asksOptOuts = false;
  let phones: readonly ContactPhone[] | undefined;
  let externalIds = lead.externalIds;
  let tags = lead.tags;

  const unit: LeadTransaction = {
    ...{ lead, customFields: facts.customFields, resolveTags, ...nothingElse },

    async save(next, source) {
      const { consent = lead.consent, email = lead.email } = next;
      asksOptOuts = phones !== undefined || next.consent !== undefined || email !== lead.email;
      const respecting = consentRespectingOptOut(consent, asksOptOuts ? optedOut : []);
      withheld = respecting.withheld;
      change = withheld ? { ...next, consent: respecting.choice } : next;
      provenance = source;
    },

    missing: async (references) => missingOf(references, facts),
    defaultLifeCycleId: async () => facts.defaultLifeCycleId,

    async replaceTags(next) {
      const ids = new Set(next.map(({ id }) => id));
      if (lead.tags.some(({ id }) => !ids.has(id)) || next.some(({ id }) => !carried.has(id))) nested.add("tags");
      tags = next;
    },

    async replacePhones(next) {
      nested.add("phones");
      phones = next;
    },

    async replaceExternalIds(next) {
      nested.add("external_ids");
      externalIds = next;
    },
  };

  return {
    unit,
    taken: () => ({
      ...{ change, provenance, withheld, asksOptOuts, nested, externalIds, tags },
      addedExternalIds: withoutExternalIds(externalIds, lead.externalIds),
      ...(phones ? { phones } : {}),
    }),
  };
}

/** Notes and pets would be added again by every upsert. */
const unsupported = (): Promise<never> => Promise.reject(new Error("an upsert changes no notes and no pets of a lead"));

const nothingElse = {
  skipUpdate(): void {
    throw new Error("an upsert states what it changes");
  },
  ...{ addTags: unsupported, findNotes: unsupported, addNotes: unsupported, editNote: unsupported },
  ...{ keepNotes: unsupported, missingPetCodes: unsupported, missingPetNotes: unsupported },
  ...{ addPet: unsupported, editPet: unsupported, removePet: unsupported },
};
