import type { PlacedKeys } from "../../core/upsert.js";
import type { WriteContext } from "../../core/write.js";
import { storeUpserts } from "../../db/batch-upsert.js";
import { type BatchStep, batchOnce, refreshStatistics } from "../../db/batch-write.js";
import { readLedgers } from "../../db/consent-ledger.js";
import { storeContactChanges } from "../../db/contact-changes.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { externalIdKeyName } from "../../db/external-ids.js";
import type { ContactDatabase } from "../../db/opt-out-key.js";
import { lockContactMatches } from "../../db/upsert-match.js";
import { withStoredIds } from "../setting-lists/planned-tags.model.js";
import { leadFields, toLead } from "./lead.columns.js";
import { createUnit, refuseErased, versionsOf } from "./lead-batch.repository.js";
import { insertLeads } from "./lead-batch-insert.repository.js";
import type { FoundLeads, LeadUpsertRepository, LeadUpserts, LeadUpsertUnit } from "./lead-upsert.model.js";
import { type LeadPlan, planLeads } from "./lead-upsert-plan.repository.js";
import { readUpserted, type UpsertedLeadRow } from "./lead-upsert-read.repository.js";

/** Upserts of leads, in one transaction with statements for each table and not for each lead. */
export function createLeadUpsertRepository(contacts: ContactDatabase, pseudonym: Pseudonym): LeadUpsertRepository {
  const { database } = contacts;
  return {
    async store(batch, write, decide) {
      if (batch.size > 1) await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now } = step;
        const { companyId, keepsIds, size } = batch;
        const decision = await decide(createUpsertUnit(step, { batch, write, contacts, pseudonym }));
        return storeUpserts(step, decision, {
          ...{ write, size, resource: "Lead" },
          async insert(records) {
            await insertLeads(tx, { companyId, records, now, write });
            const leads = records.map(({ id }) => id);
            if (keepsIds) await refuseErased(tx, { companyId, pseudonym, leads, pets: [] });
          },
          async change(plans) {
            if (plans.length === 0) return new Map();
            return storeContactChanges(tx, {
              ...{ kind: "lead", fields: leadFields, companyId, plans, now, write },
              tagsOf: ({ changes: { tags }, newTags }) => withStoredIds(tags, newTags, decision.tagIds),
            });
          },
          versionsOf: (ids) => versionsOf(tx, batch, ids),
        });
      });
    },
  };
}

const contested = {
  kind: "lead",
  resource: "Lead",
  contested: ["lead_pkey", externalIdKeyName("lead"), externalIdKeyName("pet")],
} as const;

interface UnitOptions {
  readonly batch: LeadUpserts;
  readonly write: WriteContext;
  readonly contacts: ContactDatabase;
  readonly pseudonym: Pseudonym;
}

function createUpsertUnit(step: BatchStep, options: UnitOptions): LeadUpsertUnit<LeadPlan> {
  const { tx } = step;
  const { batch, write, contacts } = options;
  const { companyId, accessFilter, businessIds, refusesDuplicates } = batch;
  const { limits, optOutKeys } = contacts;
  const unit = createUnit(step, options);
  const rows = new Map<string, UpsertedLeadRow>();

  async function find(keys: readonly PlacedKeys[]): Promise<FoundLeads> {
    const query = { companyId, keys, businessIds, refusesDuplicates, optOutKeys };
    const matches = await lockContactMatches(tx, { kind: "lead", ...query });
    const ids = [...new Set([...matches.values()].flat())];
    for (const row of await readUpserted(tx, accessFilter, { companyId, ids })) rows.set(row.id, row);
    const hidden = [...rows.values()].flatMap((row) => (row.is_seen ? [] : [row.id]));
    return {
      ...{ matches, hidden: new Set(hidden) },
      records: new Map([...rows].map(([id, row]) => [id, toLead(row)])),
    };
  }

  return {
    ...unit,
    find,
    plan: (asked, facts) =>
      planLeads(asked, {
        ...{ rows, facts, companyId, write },
        ...{ recordBytes: limits.recordBytes, optedOut: unit.optedOut },
        ledgersOf: (ids) => readLedgers(tx, { companyId, kind: "lead" }, ids),
      }),
  };
}
