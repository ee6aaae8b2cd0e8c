import type { PlacedKeys } from "../../core/upsert.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { storeUpserts } from "../../db/batch-upsert.js";
import { type BatchStep, batchOnce, refreshStatistics } from "../../db/batch-write.js";
import { readLedgers } from "../../db/consent-ledger.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { externalIdKeyName } from "../../db/external-ids.js";
import type { ContactDatabase } from "../../db/opt-out-key.js";
import { lockContactMatches } from "../../db/upsert-match.js";
import { toCustomer } from "./customer.columns.js";
import { createUnit, refuseErased, versionsOf } from "./customer-batch.repository.js";
import { insertCustomers } from "./customer-batch-insert.repository.js";
import { addToCustomerCount, customerRoom } from "./customer-limit.repository.js";
import type {
  CustomerUpsertRepository,
  CustomerUpserts,
  CustomerUpsertUnit,
  FoundCustomers,
} from "./customer-upsert.model.js";
import { planChanges, type StoredPlan } from "./customer-upsert-plan.repository.js";
import { readUpserted, survivorIds, type UpsertedRow } from "./customer-upsert-read.repository.js";
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
        const { tx, now } = step;
        const { companyId, accessFilter, keepsIds, size } = batch;
        const decision = await decide(createUpsertUnit(step, { batch, write, contacts, pseudonym }));
        return storeUpserts(step, decision, {
          ...{ write, size, resource: "Customer" },
          async begin({ length }) {
            if (await customerRoom(tx, companyId)) await addToCustomerCount(tx, companyId, length);
          },
          async insert(records) {
            await insertCustomers(tx, { companyId, records, now, write });
            const ids = records.map(({ id }) => id);
            if (keepsIds) await refuseErased(tx, companyId, ids, pseudonym);
          },
          change: (plans) => storeChanges(tx, { companyId, plans, tagIds: decision.tagIds, now, write }),
          versionsOf: (ids) => versionsOf(tx, accessFilter, ids),
        });
      });
    },
  };
}

const contested = {
  kind: "customer",
  resource: "Customer",
  contested: ["customer_pkey", externalIdKeyName("customer")],
} as const;

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

  async function find(keys: readonly PlacedKeys[]): Promise<FoundCustomers> {
    const query = { companyId, keys, businessIds, refusesDuplicates, optOutKeys };
    const matches = await lockContactMatches(tx, { kind: "customer", ...query });
    const survivors = await survivorIds(
      tx,
      companyId,
      keys.flatMap(({ id }) => id ?? []),
    );
    const ids = [...new Set([...matches.values()].flat().concat([...survivors.values()]))];
    for (const row of await readUpserted(tx, companyId, ids)) rows.set(row.id, row);
    const customers = new Map([...rows].map(([id, row]) => [id, toCustomer(row)]));
    return {
      ...{ matches, records: customers },
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
        ledgersOf: (ids) => readLedgers(tx, { companyId, kind: "customer" }, ids),
      }),
  };
}
