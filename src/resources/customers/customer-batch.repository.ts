import type { AccessFilter } from "../../core/access.js";
import { erasedError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { accessFilterValues, singleCompanyAccessPredicate, toPrismaPredicate } from "../../db/access-filter.js";
import { type BatchStep, batchOnce, refreshStatistics, resultsOf } from "../../db/batch-write.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds, missingStaff } from "../../db/existing-ids.js";
import { externalIdKeyName, takenExternalIds } from "../../db/external-ids.js";
import { insertImportEntries } from "../../db/import-entries.js";
import { optedOutOfEach } from "../../db/opt-out-batch.js";
import type { ContactDatabase } from "../../db/opt-out-key.js";
import { refusingEach } from "../../db/refusing-duplicates-batch.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { findTags, tagRoom, takeTags } from "../setting-lists/tag.repository.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "./customer.columns.js";
import type {
  BatchFacts,
  BatchQuestions,
  CustomerBatch,
  CustomerBatchRepository,
  CustomerBatchUnit,
} from "./customer-batch.model.js";
import { insertCustomers } from "./customer-batch-insert.repository.js";
import { addToCustomerCount, customerRoom } from "./customer-limit.repository.js";

/** Batches of customers, each in one transaction with a statement for each table and not for each customer. */
export function createCustomerBatchRepository(
  contacts: ContactDatabase,
  pseudonym: Pseudonym,
): CustomerBatchRepository {
  const { database } = contacts;
  return {
    async create(batch, write, decide) {
      await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now, replayed } = step;
        const { companyId } = batch;
        const unit = createUnit(step, { batch, write, contacts, pseudonym });
        const { stored, refused } = await decide(unit);
        const records = [...stored.values()];
        const made = new Map([...stored].map(([position, { id }]) => [position, id]));
        if (records.length > 0) {
          if (await customerRoom(tx, companyId)) await addToCustomerCount(tx, companyId, records.length);
          await step.record(made);
          await insertCustomers(tx, { companyId, records, now, write });
          if (batch.imported) await insertImportEntries(tx, { ...batch.imported, companyId, kind: "customer", made });
          if (batch.keepsIds) {
            const ids = records.map(({ id }) => id);
            await refuseErased(tx, companyId, ids, pseudonym);
          }
        } else if (write.claim) write.claim.replayed = replayed.size > 0;
        const versions = await versionsOf(tx, batch.accessFilter, [...new Set(replayed.values())]);
        return resultsOf({ ...batch, resource: "Customer" }, { made, refused, replayed, versions });
      });
    },

    async find(accessFilter, ids, signal) {
      const values = [...accessFilterValues(accessFilter), ids];
      return (await database.read<CustomerRow>(findStatement, values, signal)).map(toCustomer);
    },
  };
}

const contested = {
  kind: "customer",
  resource: "Customer",
  contested: ["customer_pkey", "customer_address_pkey", "customer_note_pkey", externalIdKeyName("customer")],
} as const;

interface UnitOptions {
  readonly batch: Pick<CustomerBatch, "companyId">;
  readonly write: WriteContext;
  readonly contacts: ContactDatabase;
  readonly pseudonym: Pseudonym;
}

export function createUnit(
  { tx, now, replayed, refused }: BatchStep,
  { batch: { companyId }, write, contacts: { limits, optOutKeys }, pseudonym }: UnitOptions,
): CustomerBatchUnit {
  const maxTags = limits.ofCompany.MAX_TAGS;
  return {
    ...{ now, replayed, refused, maxTags, recordBytes: limits.recordBytes },
    ask: (questions) => askFacts(tx, { companyId, questions, pseudonym }),
    refusing: (records, view) => refusingEach(tx, { companyId, records, view }),
    optedOut: (records) => optedOutOfEach(tx, optOutKeys, { companyId, records }),
    tagRoom: () => tagRoom(tx, companyId, maxTags),
    customerRoom: () => customerRoom(tx, companyId),
    createTags: async (names) => (await takeTags(tx, names, { companyId, maxTags, now, write })).map(({ tag }) => tag),
  };
}

interface FactsQuery {
  readonly companyId: string;
  readonly questions: BatchQuestions;
  readonly pseudonym: Pseudonym;
}

/** Whether a customer exists or was erased is read by one statement: an erasure shows in one of them. */
export async function askFacts(
  tx: Prisma.TransactionClient,
  { companyId, questions, pseudonym }: FactsQuery,
): Promise<BatchFacts> {
  const { businessIds, referralSourceIds, staffIds, customerIds, authorIds, addressIds, noteIds } = questions;
  const pseudonyms = new Map(customerIds.flatMap((id) => pseudonym(companyId, "customer", id).map((one) => [one, id])));
  const rows = await tx.$queryRaw<{ kind: keyof typeof found; id: string }[]>`
    SELECT 'business' AS kind, id FROM business
      WHERE company_id = ${companyId} AND id = ANY(${[...businessIds]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'referralSource', id FROM referral_source
      WHERE company_id = ${companyId} AND id = ANY(${[...referralSourceIds]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'staff', id FROM staff
      WHERE company_id = ${companyId} AND id = ANY(${[...staffIds]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'customer', id FROM customer
      WHERE company_id = ${companyId} AND id = ANY(${[...customerIds]}::text[])
    UNION ALL SELECT 'customer', from_id FROM customer_merge
      WHERE company_id = ${companyId} AND from_id = ANY(${[...customerIds]}::text[]) AND undone_time IS NULL
    UNION ALL SELECT 'erased', resource_id FROM change
      WHERE company_id = ${companyId} AND kind = 'customer' AND resource_id = ANY(${[...pseudonyms.keys()]}::text[])`;
  const found = {
    business: new Set<string>(),
    referralSource: new Set<string>(),
    staff: new Set<string>(),
    customer: new Set<string>(),
    erased: new Set<string>(),
  };
  for (const { kind, id } of rows) found[kind].add(kind === "erased" ? (pseudonyms.get(id) ?? id) : id);
  const idsOf = async (kind: "address" | "note", ids: readonly string[]) =>
    ids.length === 0 ? new Set<string>() : findExistingIds(tx, { companyId, kind, ids });
  return {
    ...{ businesses: found.business, referralSources: found.referralSource, staff: found.staff },
    ...{ takenIds: found.customer, erasedIds: found.erased },
    tags: await findTags(tx, companyId, questions.tags),
    strangers: authorIds.length === 0 ? new Set() : await missingStaff(tx, companyId, authorIds),
    takenAddressIds: await idsOf("address", addressIds),
    takenNoteIds: await idsOf("note", noteIds),
    takenExternalIds: await takenExternalIds(tx, { kind: "customer", companyId }, questions.externalIds),
  };
}

/** An id can have been created and erased while the batch was decided. */
export async function refuseErased(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
  pseudonym: Pseudonym,
): Promise<void> {
  const { erasedIds } = await askFacts(tx, { companyId, pseudonym, questions: { ...noQuestions, customerIds: ids } });
  const [erased] = erasedIds;
  if (erased !== undefined) throw erasedError("Customer", erased);
}

const noQuestions = {
  ...{ businessIds: [], referralSourceIds: [], staffIds: [], tags: [], customerIds: [] },
  ...{ authorIds: [], addressIds: [], noteIds: [], externalIds: [] },
} as const satisfies BatchQuestions;

/** The versions of those customers that the principal can access. */
export async function versionsOf(
  tx: Prisma.TransactionClient,
  accessFilter: AccessFilter,
  ids: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (ids.length === 0) return new Map();
  const isVisible = toPrismaPredicate(singleCompanyAccessPredicate("c"), accessFilter);
  const rows = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    SELECT c.id, c.version FROM customer c WHERE ${isVisible} AND c.id = ANY(${[...ids]}::text[])`;
  return new Map(rows.map(({ id, version }) => [id, version]));
}

const findStatement = statement(
  "customer.find_each",
  `SELECT ${customerColumns}, ${customerChildren} FROM customer c
   WHERE ${singleCompanyAccessPredicate("c")} AND c.id = ANY($3::text[])`,
);
