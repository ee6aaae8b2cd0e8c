import { z } from "zod";
import { batchFields, itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readItems } from "../../api/batch-items.js";
import { countryOf, id, memoizePerCountry } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { newNotes } from "../../api/note-fields.js";
import { customIssue, tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import { contactMatch, onMatch, refuseOtherKeys, toMatchKeys, withKeys } from "../../api/upsert-fields.js";
import type { Batch } from "../../core/batch.js";
import { invalidRequest } from "../../core/errors.js";
import type { OnMatch } from "../../core/upsert.js";
import {
  type BatchUpsertLeadsRequest,
  type LeadUpsertItem as ItemMessage,
  LeadUpsertItemSchema,
  type UpsertLeadRequest,
} from "../../gen/proto/moego/admin/v1/lead_upsert_service_pb.js";
import { petOfNewLead } from "../pets/pet.input.js";
import { leadCreation, newLeadOf, singleConsentRule } from "./lead.input.js";
import { toCreatedItem } from "./lead-batch.input.js";
import type { LeadUpsertItem } from "./lead-upsert.model.js";

/** A lead with its keys. What CreateLead demands is demanded even if the lead exists. */
const keyedLead = memoizePerCountry((country) => {
  const parts = { pet: petOfNewLead(country), notes: newNotes, reachable: false };
  return z
    .object({ match: contactMatch(country), ...leadCreation(country, parts), allowDuplicate: z.boolean() })
    .refine(...singleConsentRule)
    .transform(({ match, lead, ...others }) => ({ match, lead: lead && newLeadOf(lead, others), ...others }))
    .superRefine(({ match, lead }, context) => {
      if (!lead) return;
      if (lead.phones.length === 0 && lead.email === "" && !match.phone && match.email === "") {
        const message = "Required: set phone or email, here or in match.";
        context.addIssue({ ...customIssue("REQUIRED", message), path: ["lead", "phone"] });
      }
      refuseOtherKeys({ noun: "lead", match, contact: lead }, context);
    });
});

function toItem({ match, lead, ...others }: z.output<ReturnType<typeof keyedLead>>): LeadUpsertItem {
  // Unreachable: the lead is REQUIRED in the contract, so that a request without it was refused.
  if (!lead) throw invalidRequest([]);
  const keys = toMatchKeys(match);
  const item = toCreatedItem(withKeys(match, lead), others);
  return {
    ...{ keys, item: keys.id === undefined ? item : { ...item, id: keys.id } },
    ...{ statesPhones: lead.phones.length > 0, statesEmail: lead.email !== "" },
    ...(others.complianceConfig ? { consent: others.complianceConfig } : {}),
  };
}

type Keyed = Pick<ItemMessage, "match" | "lead">;

/** The company and the id of the lead are those of the request. A lead that the server is to name must not have an id. */
function completed<Message extends Keyed>({ match, lead, ...message }: Message, companyId: string) {
  const stated = match?.id ?? "";
  const company = companyId || "unnamed";
  return {
    given: {
      ...{ ...message, ...(match ? { match } : {}) },
      ...(lead ? { lead: { ...lead, companyId: company, id: stated === "" ? lead.id : "" } } : {}),
    },
    violations: [
      ...mismatchViolations("lead.company_id", companyId, lead?.companyId),
      ...(stated === "" ? [] : mismatchViolations("lead.id", stated, lead?.id)),
    ],
  };
}

export interface LeadUpsertBatch extends Batch<LeadUpsertItem> {
  readonly onMatch: OnMatch;
}

/** Input of UpsertLead, as a batch of one. */
export function singleUpsert(request: UpsertLeadRequest, { principal }: Context, parse: Parse): LeadUpsertBatch {
  const { companyId } = request;
  const schema = keyedLead(countryOf(principal, companyId)).and(z.object({ companyId: id, onMatch }));
  const { given, violations } = completed(request, companyId);
  const parsed = parse(schema, violations, given);
  return { companyId: parsed.companyId, mode: "EACH", onMatch: parsed.onMatch, items: [{ value: toItem(parsed) }] };
}

/** Input of BatchUpsertLeads. */
export async function upsertBatch(
  request: BatchUpsertLeadsRequest,
  context: Context,
  parse: Parse,
): Promise<LeadUpsertBatch & CreatedBatch<LeadUpsertItem>> {
  const fields = parse(batchFields<ItemMessage>().extend({ onMatch }));
  const reading = { schema: LeadUpsertItemSchema, read: parseItem };
  return { ...(await readItems(request, { context, fields }, reading)), onMatch: fields.onMatch };
}

function parseItem(message: ItemMessage, { companyId, country }: ItemPlace) {
  const { given, violations } = completed(message, companyId);
  const schema = keyedLead(country).and(z.object({ idempotencyKey: itemKey }));
  const parsed = tryParse(LeadUpsertItemSchema, given, schema, violations);
  return "refusal" in parsed ? parsed : { value: toItem(parsed.value) };
}
