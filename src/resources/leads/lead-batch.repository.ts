import { erasedError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { accessFilterValues, leadGrantPredicate, toPrismaPredicate } from "../../db/access-filter.js";
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
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { findTags, tagRoom, takeTags } from "../setting-lists/tag.repository.js";
import { type LeadRow, leadChildren, leadColumns, toLead } from "./lead.columns.js";
import type { LeadBatch, LeadBatchRepository, LeadBatchUnit, LeadFacts, LeadQuestions } from "./lead-batch.model.js";
import { insertLeads } from "./lead-batch-insert.repository.js";

/** Batches of leads, each in one transaction with a statement for each table and not for each lead. */
export function createLeadBatchRepository(contacts: ContactDatabase, pseudonym: Pseudonym): LeadBatchRepository {
  const { database } = contacts;
  return {
    async create(batch, write, decide) {
      await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now, replayed } = step;
        const { companyId } = batch;
        const { stored, refused } = await decide(createUnit(step, { batch, write, contacts, pseudonym }));
        const records = [...stored.values()];
        const made = new Map([...stored].map(([position, { id }]) => [position, id]));
        if (records.length > 0) {
          await step.record(made);
          await insertLeads(tx, { companyId, records, now, write });
          if (batch.imported) await insertImportEntries(tx, { ...batch.imported, companyId, kind: "lead", made });
          const [leads, pets] = [[...made.values()], records.flatMap((record) => record.pets.map(({ id }) => id))];
          if (batch.keepsIds) await refuseErased(tx, { companyId, pseudonym, leads, pets });
        } else if (write.claim) write.claim.replayed = replayed.size > 0;
        const versions = await versionsOf(tx, batch, [...new Set(replayed.values())]);
        return resultsOf({ ...batch, ...contested }, { made, refused, replayed, versions });
      });
    },

    async find(accessFilter, ids, signal) {
      const values = [...accessFilterValues(accessFilter), ids];
      return (await database.read<LeadRow>(findEach, values, signal)).map(toLead);
    },
  };
}

const contested = {
  kind: "lead",
  resource: "Lead",
  contested: [
    "lead_pkey",
    "lead_note_pkey",
    "pet_pkey",
    "pet_note_pkey",
    externalIdKeyName("lead"),
    externalIdKeyName("pet"),
  ],
} as const;

/** `$1` and `$2`: see db/access-filter.ts; `$3` the ids. */
const findEach = statement(
  "lead.find_each",
  `SELECT ${leadColumns}, ${leadChildren} FROM lead l
   WHERE l.company_id = ($1::text[])[1] AND l.id = ANY($3::text[]) AND ${leadGrantPredicate("l")}`,
);

interface UnitOptions {
  readonly batch: Pick<LeadBatch, "companyId">;
  readonly write: WriteContext;
  readonly contacts: ContactDatabase;
  readonly pseudonym: Pseudonym;
}

export function createUnit(
  { tx, now, replayed, refused }: BatchStep,
  { batch: { companyId }, write, contacts: { limits, optOutKeys }, pseudonym }: UnitOptions,
): LeadBatchUnit {
  const maxTags = limits.ofCompany.MAX_TAGS;
  return {
    ...{ now, replayed, refused, maxTags, recordBytes: limits.recordBytes },
    customFields: customFieldsInTransaction(tx),
    ask: (questions) => askFacts(tx, { companyId, questions, pseudonym }),
    refusing: (records, view) => refusingEach(tx, { companyId, records, view }),
    optedOut: (records) => optedOutOfEach(tx, optOutKeys, { companyId, records }),
    tagRoom: () => tagRoom(tx, companyId, maxTags),
    createTags: async (names) => (await takeTags(tx, names, { companyId, maxTags, now, write })).map(({ tag }) => tag),
  };
}

interface FactsQuery {
  readonly companyId: string;
  readonly questions: LeadQuestions;
  readonly pseudonym: Pseudonym;
}

/** Whether a lead or a pet exists or was erased is read by one statement: an erasure shows in one of them. */
async function askFacts(
  tx: Prisma.TransactionClient,
  { companyId, questions, pseudonym }: FactsQuery,
): Promise<LeadFacts> {
  const pseudonymsOf = (kind: "lead" | "pet") =>
    new Map(questions[kind].flatMap((id) => pseudonym(companyId, kind, id).map((one) => [one, id])));
  const [leads, pets] = [pseudonymsOf("lead"), pseudonymsOf("pet")];
  const { business, staff, life_cycle, action_status, referral_source, pet_code, lead, pet } = questions;
  const rows = await tx.$queryRaw<{ kind: string; id: string }[]>`
    SELECT 'business' AS kind, id FROM business
      WHERE company_id = ${companyId} AND id = ANY(${[...business]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'staff', id FROM staff
      WHERE company_id = ${companyId} AND id = ANY(${[...staff]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'life_cycle', id FROM life_cycle
      WHERE company_id = ${companyId} AND id = ANY(${[...life_cycle]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'default', id FROM life_cycle WHERE company_id = ${companyId} AND is_default
    UNION ALL SELECT 'action_status', id FROM action_status
      WHERE company_id = ${companyId} AND id = ANY(${[...action_status]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'referral_source', id FROM referral_source
      WHERE company_id = ${companyId} AND id = ANY(${[...referral_source]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'pet_code', id FROM pet_code
      WHERE company_id = ${companyId} AND id = ANY(${[...pet_code]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'lead', id FROM lead WHERE company_id = ${companyId} AND id = ANY(${[...lead]}::text[])
    UNION ALL SELECT 'pet', id FROM pet WHERE company_id = ${companyId} AND id = ANY(${[...pet]}::text[])
    UNION ALL SELECT kind, resource_id FROM change
      WHERE company_id = ${companyId} AND kind = 'pet' AND resource_id = ANY(${[...pet, ...pets.keys()]}::text[])
    UNION ALL SELECT kind, resource_id FROM change
      WHERE company_id = ${companyId} AND kind = 'lead' AND resource_id = ANY(${[...leads.keys()]}::text[])`;
  const { lead_note, pet_note, author } = questions;
  const known = knownOf(rows);
  const strangers = author.length === 0 ? new Set<string>() : await missingStaff(tx, companyId, author);
  const existing = async (kind: "note" | "petNote", ids: readonly string[]) =>
    ids.length === 0 ? new Set<string>() : findExistingIds(tx, { companyId, kind, ids });
  return {
    known: {
      ...known,
      author: new Set(author.filter((id) => !strangers.has(id))),
      lead_note: await existing("note", lead_note),
      pet_note: await existing("petNote", pet_note),
    },
    tags: await findTags(tx, companyId, questions.tags),
    erased: { lead: among(leads, known.lead), pet: among(pets, known.pet) },
    takenExternalIds: await takenExternalIds(tx, { kind: "lead", companyId }, questions.externalIds),
    takenPetExternalIds: await takenExternalIds(tx, { kind: "pet", companyId }, questions.petExternalIds),
    defaultLifeCycleId: rows.find(({ kind }) => kind === "default")?.id,
  };
}

function knownOf(rows: readonly { readonly kind: string; readonly id: string }[]) {
  const ofKind = (kind: string): ReadonlySet<string> =>
    new Set(rows.filter((row) => row.kind === kind).map(({ id }) => id));
  return {
    ...{ business: ofKind("business"), staff: ofKind("staff"), life_cycle: ofKind("life_cycle") },
    ...{ action_status: ofKind("action_status"), referral_source: ofKind("referral_source") },
    ...{ pet_code: ofKind("pet_code"), lead: ofKind("lead"), pet: ofKind("pet") },
  };
}

/** The ids whose pseudonyms are among those found. */
function among(pseudonyms: ReadonlyMap<string, string>, found: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...pseudonyms].flatMap(([hash, id]) => (found.has(hash) ? [id] : [])));
}

interface ErasedQuery extends Pick<FactsQuery, "companyId" | "pseudonym"> {
  readonly leads: readonly string[];
  readonly pets: readonly string[];
}

/** An id can have been created and erased while the batch was decided. */
export async function refuseErased(
  tx: Prisma.TransactionClient,
  { leads, pets, ...query }: ErasedQuery,
): Promise<void> {
  const { erased } = await askFacts(tx, { ...query, questions: { ...noQuestions, lead: leads, pet: pets } });
  const [lead] = erased.lead;
  if (lead !== undefined) throw erasedError("Lead", lead);
  const [pet] = erased.pet;
  if (pet !== undefined) throw erasedError("Pet", pet);
}

const noQuestions = {
  ...{ business: [], staff: [], life_cycle: [], action_status: [], referral_source: [], pet_code: [] },
  ...{ lead: [], pet: [], lead_note: [], pet_note: [], author: [], tags: [], externalIds: [], petExternalIds: [] },
} as const satisfies LeadQuestions;

/** The versions of those leads that the principal can access. */
export async function versionsOf(
  tx: Prisma.TransactionClient,
  { companyId, accessFilter }: Pick<LeadBatch, "companyId" | "accessFilter">,
  ids: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (ids.length === 0) return new Map();
  const isVisible = toPrismaPredicate(leadGrantPredicate("l"), accessFilter);
  const rows = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    SELECT l.id, l.version FROM lead l
    WHERE l.company_id = ${companyId} AND l.id = ANY(${[...ids]}::text[]) AND ${isVisible}`;
  return new Map(rows.map(({ id, version }) => [id, version]));
}
