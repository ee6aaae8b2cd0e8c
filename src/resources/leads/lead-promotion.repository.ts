import type { RecordTarget } from "../../core/access.js";
import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import type { Channel } from "../../core/consent.js";
import { respectingOptOut } from "../../core/contact-rule.js";
import type { WriteContext } from "../../core/write.js";
import { requireSingleRow } from "../../db/access-filter.js";
import { firstEntryJson } from "../../db/consent-entry.js";
import { phoneRows } from "../../db/contact-phones.js";
import type { Database } from "../../db/database.js";
import { guardedWrite } from "../../db/guarded-write.js";
import { assertNotErased, requestParameters } from "../../db/idempotent-write.js";
import { addressColumns } from "../../db/nested-rows.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { changeOptOutParameters, toChannels } from "../../db/opt-out-list.js";
import { probeParameters } from "../../db/possible-duplicates.js";
import { toRefusing } from "../../db/refusing-duplicates.js";
import { customFieldsAsRead } from "../custom-fields/custom-field.repository.js";
import { customerFields, toCustomer } from "../customers/customer.columns.js";
import type { Customer } from "../customers/customer.model.js";
import { findCustomer } from "../customers/customer-change.repository.js";
import { type LeadRow, toLead } from "./lead.columns.js";
import type { Lead, LeadPromotion, PromotedCustomer, PromotionOutcome } from "./lead.model.js";
import {
  type PromotedRow,
  type PromotionRow,
  promote,
  readForPromotion,
  repeatPromotion,
} from "./lead-promotion.columns.js";

interface State {
  readonly row: PromotionRow;
  /** Absent if the principal cannot access it. */
  readonly lead?: Lead;
}

/** What was stored: a new customer, or a reference to the customer of an earlier promotion. */
type Stored = PromotionOutcome | { readonly kind: "earlier"; readonly customer: CompanyResource };

/**
 * Promotes a lead in two round trips: one statement reads it, another stores what `decide` returns, if the lead is still as
 * it was read. The lock of the lead makes concurrent promotions and changes of the lead or its pets wait.
 */
export async function promoteOnce(
  { database, optOutKeys }: ContactDatabase,
  target: RecordTarget,
  write: WriteContext,
  decide: (unit: LeadPromotion) => Promise<PromotedCustomer | undefined>,
): Promise<PromotionOutcome> {
  let assumed: readonly Channel[] = [];
  let keyLacks: string | undefined;
  const stored = await guardedWrite<State, PromotedRow, Stored>(database, write, {
    record: ["lead", ...target.accessFilter.companyIds, target.id].join("/"),
    async read() {
      if (keyLacks !== undefined) await optOutKeys.load(keyLacks, write.signal);
      const row = await readLeadState(database, target, write);
      return { stored: row, state: isFound(row) ? { row, lead: toLead(row) } : { row } };
    },
    async replay({ lead }, ids) {
      const [id = ""] = assertNotErased("Customer", ids);
      const { companyId } = requireFound(lead, "Lead", target.id);
      return { kind: "earlier", customer: { companyId, id } };
    },
    async decide({ row, lead: found }) {
      const lead = requireFound(found, "Lead", target.id);
      const { companyId, id, promotedCustomerId } = lead;
      const fields = { LEAD: row.lead_definitions, CUSTOMER: row.customer_definitions };
      const customer = await decide({ lead, customFields: customFieldsAsRead(database, fields) });
      const guard = { id, version: lead.version.toString() };
      if (!customer) {
        const recordedIds = [promotedCustomerId ?? ""];
        const values = repeatPromotion.values({ ...guard, recordedIds, ...requestParameters(write, companyId) });
        const earlier = { companyId, id: promotedCustomerId ?? "" };
        return { statement: repeatPromotion, values, respond: () => ({ kind: "earlier", customer: earlier }) };
      }
      const promotion = { lead, customer, write, assumed, optOutKeys };
      return {
        ...{ statement: promote(lead, customer.duplicates), values: promotionValues(promotion) },
        respond(written) {
          if (written.is_stored) return promotedOutcome(row, written);
          if (written.refusing) return { kind: "duplicate", companyId, refusing: toRefusing(written.refusing) };
          keyLacks = written.lacks_hash_key ? companyId : undefined;
          const channels = written.opted_out && toChannels(written.opted_out);
          if (!channels || channels.join() !== assumed.join()) assumed = channels ?? assumed;
          else if (written.counted) return { kind: "quota", companyId, limit: written.max_customers ?? 0 };
          return undefined;
        },
      };
    },
  });
  if (stored.kind !== "earlier") return stored;
  return {
    kind: "promoted",
    customer: await findCustomer(database, stored.customer, write.signal),
    mayHaveDuplicates: true,
  };
}

function isFound(row: PromotionRow): row is PromotionRow & LeadRow {
  return row.id !== null;
}

async function readLeadState(
  database: Database,
  { accessFilter, id }: RecordTarget,
  { keyId, rpc, claim, signal }: WriteContext,
): Promise<PromotionRow> {
  const values = readForPromotion.values({ ...accessFilter, id, keyId, rpc, claimKey: claim?.key ?? null });
  const rows = await database.read<PromotionRow>(readForPromotion, values, signal);
  const row = requireSingleRow(rows, "Lead", id);
  if (!row) throw new Error("the read of a lead returned no row");
  return row;
}

/** What the lead has is what the customer has got. */
function promotedOutcome({ tags, notes, referral_source }: PromotionRow, written: PromotedRow): PromotionOutcome {
  const customer: Customer = toCustomer({ ...written, tags, notes, referral_source });
  return { kind: "promoted", customer, mayHaveDuplicates: written.has_duplicates };
}

interface Promotion {
  readonly lead: Lead;
  readonly customer: PromotedCustomer;
  readonly write: WriteContext;
  readonly assumed: readonly Channel[];
  readonly optOutKeys: OptOutKeys;
}

function promotionValues({ lead, customer, write, assumed, optOutKeys }: Promotion): readonly unknown[] {
  const { companyId } = lead;
  const { id: customerId, phones, address, petIds, duplicates } = customer;
  const { choice, withheld } = respectingOptOut(customer.fields, assumed);
  const fields = { ...customer.fields, ...choice };
  return promote(lead, duplicates).values({
    ...{ id: lead.id, version: lead.version.toString(), customerId, recordedIds: [customerId], petIds },
    record: JSON.stringify(customerFields.row(fields)),
    phones: JSON.stringify(phoneRows(phones)),
    addresses: JSON.stringify(address ? [addressColumns(address, address.id)] : []),
    consent: firstEntryJson(choice, withheld),
    location: fields.preferredBusinessId ?? null,
    ...probeParameters(lead, duplicates),
    // The lead has the same lines, and is locked: an opt-out of them finds the lead before or its customer afterwards.
    ...{ asksOptOuts: true, ...changeOptOutParameters(optOutKeys, { companyId, before: lead, after: lead, assumed }) },
    ...requestParameters(write, companyId),
  });
}
