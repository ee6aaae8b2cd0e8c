import type { BatchResult, StoredItem, StoredOutcome } from "../../core/batch.js";
import { notFoundError } from "../../core/errors.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { type BatchStep, batchOnce, refreshStatistics } from "../../db/batch-write.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { externalIdKeyName } from "../../db/external-ids.js";
import { holdOffOptOuts } from "../../db/opt-out-batch.js";
import type { ContactDatabase } from "../../db/opt-out-key.js";
import { lockContacts, lockEachContact } from "../../db/refusing-duplicates-batch.js";
import { toCustomer } from "./customer.columns.js";
import { createUnit, refuseErased, versionsOf } from "./customer-batch.repository.js";
import { insertCustomers } from "./customer-batch-insert.repository.js";
import { addToCustomerCount, customerRoom } from "./customer-limit.repository.js";
import type {
  CustomerUpsertRepository,
  CustomerUpserts,
  CustomerUpsertUnit,
  FoundCustomers,
  PlacedKeys,
  UpsertDecision,
} from "./customer-upsert.model.js";
import { contactKeys } from "./customer-upsert-keys.model.js";
import { lockMatches, readUpserted, survivorIds, type UpsertedRow } from "./customer-upsert-match.repository.js";
import { planChanges, type StoredPlan } from "./customer-upsert-plan.repository.js";
import { storeChanges } from "./customer-upsert-store.repository.js";

/** Upserts of customers, in one transaction with statements for each table and not for each customer. */
export function createCustomerUpsertRepository(
  contacts: ContactDatabase,
  pseudonym: Pseudonym,
): CustomerUpsertRepository {
  const { database } = contacts;
  return {
    async store(batch, write, decide) {
      if (batch.size > 1) await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now, replayed } = step;
        const { companyId } = batch;
        const unit = createUpsertUnit(step, { batch, write, contacts, pseudonym });
        const decision = await decide(unit);
        const outcomes = outcomesOf(decision);
        if (outcomes.size > 0) {
          const records = [...decision.created.values()];
          if (records.length > 0 && (await customerRoom(tx, companyId)))
            await addToCustomerCount(tx, companyId, records.length);
          await step.record(
            new Map([...outcomes].map(([position, { id }]) => [position, id])),
            new Map([...outcomes].map(([position, { outcome }]) => [position, outcome])),
          );
          if (records.length > 0) await insertCustomers(tx, { companyId, records, now, write });
          if (batch.keepsIds) {
            const ids = records.map(({ id }) => id);
            await refuseErased(tx, companyId, ids, pseudonym);
          }
        } else if (write.claim) write.claim.replayed = replayed.size > 0;
        const plans = [...decision.changed.values()];
        const changed = await storeChanges(tx, { companyId, plans, tagIds: decision.tagIds, now, write });
        const versions = await versionsOf(tx, batch.accessFilter, [...new Set(replayed.values())]);
        return Array.from({ length: batch.size }, (_, position): BatchResult => {
          const refusal = decision.refused.get(position);
          if (refusal) return { refusal };
          const stored = outcomes.get(position);
          if (stored) return { ...stored, version: changed.get(stored.id) ?? stored.version, replayed: false };
          const id = replayed.get(position) ?? "";
          const version = versions.get(id);
          if (version === undefined) return { refusal: notFoundError("Customer", id) };
          return { outcome: step.outcomes.get(position) ?? "CREATED", id, version, replayed: true };
        });
      });
    },
  };
}

const contested = {
  kind: "customer",
  resource: "Customer",
  contested: ["customer_pkey", externalIdKeyName],
} as const;

type Outcome = Omit<StoredItem, "replayed">;

/** What became of each item that was not refused, by position. */
function outcomesOf({ created, changed, left }: UpsertDecision<StoredPlan>): ReadonlyMap<number, Outcome> {
  const of = (outcome: StoredOutcome, { id, version }: { readonly id: string; readonly version: bigint }) => ({
    ...{ outcome, id, version },
  });
  return new Map([
    ...[...created].map(([position, { id }]) => [position, of("CREATED", { id, version: 1n })] as const),
    ...[...changed].map(([position, { customer }]) => [position, of("UPDATED", customer)] as const),
    ...[...left].map(([position, { customer, outcome }]) => [position, of(outcome, customer)] as const),
  ]);
}

interface UnitOptions {
  readonly batch: CustomerUpserts;
  readonly write: WriteContext;
  readonly contacts: ContactDatabase;
  readonly pseudonym: Pseudonym;
}

function createUpsertUnit(step: BatchStep, options: UnitOptions): CustomerUpsertUnit<StoredPlan> {
  const { tx } = step;
  const { batch, write, contacts } = options;
  const { companyId, businessIds, refusesDuplicates } = batch;
  const { database, limits, optOutKeys } = contacts;
  const unit = createUnit(step, options);
  const rows = new Map<string, UpsertedRow>();

  /** All locks of other kinds come before those of the customers. */
  async function find(keys: readonly PlacedKeys[]): Promise<FoundCustomers> {
    if (refusesDuplicates) await lockContacts(tx, companyId);
    else await lockEachContact(tx, companyId, [...new Set(keys.flatMap(contactKeys))]);
    await holdOffOptOuts(tx, optOutKeys, companyId);
    const matches = await lockMatches(tx, { companyId, keys, businessIds });
    const survivors = await survivorIds(
      tx,
      companyId,
      keys.flatMap(({ id }) => id ?? []),
    );
    const ids = [...new Set([...matches.values()].flat().concat([...survivors.values()]))];
    for (const row of await readUpserted(tx, companyId, ids)) rows.set(row.id, row);
    const customers = new Map([...rows].map(([id, row]) => [id, toCustomer(row)]));
    return {
      ...{ matches, customers },
      survivors: new Map(
        [...survivors].flatMap(([formerId, id]) => {
          const customer = customers.get(id);
          return customer ? [[formerId, customer] as const] : [];
        }),
      ),
    };
  }

  return {
    ...unit,
    find,
    plan: (asked, facts) =>
      planChanges(asked, {
        ...{ database, rows, facts, author: actingStaffId(write, companyId) },
        ...{ maxTags: limits.ofCompany.MAX_TAGS, recordBytes: limits.recordBytes, optedOut: unit.optedOut },
      }),
  };
}
