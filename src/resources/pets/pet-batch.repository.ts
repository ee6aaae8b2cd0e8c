import { erasedError } from "../../core/errors.js";
import { accessFilterValues, leadGrantPredicate, singleCompanyAccessPredicate } from "../../db/access-filter.js";
import { type BatchStep, batchOnce, refreshStatistics, resultsOf } from "../../db/batch-write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Pseudonym } from "../../db/erasure/pseudonym.js";
import { findExistingIds, missingStaff } from "../../db/existing-ids.js";
import { externalIdKeyName, takenExternalIds } from "../../db/external-ids.js";
import { insertImportEntries } from "../../db/import-entries.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { customFieldsInTransaction } from "../custom-fields/custom-field.repository.js";
import { type PetJson, petJson, toPet } from "./pet.columns.js";
import type { PetCode } from "./pet.model.js";
import type { PetBatch, PetBatchRepository, PetBatchUnit, PetFacts, PetQuestions } from "./pet-batch.model.js";
import { changeLeads, insertPets } from "./pet-batch-insert.repository.js";
import { lockOwners } from "./pet-batch-owners.repository.js";
import { ownerIsSeen } from "./pet-replay.repository.js";

/** Batches of pets, each in one transaction with a statement for each table and not for each pet. */
export function createPetBatchRepository(
  { database, limits: { recordBytes } }: LimitedDatabase,
  pseudonym: Pseudonym,
): PetBatchRepository {
  return {
    async create(batch, write, decide) {
      await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now, replayed } = step;
        const { companyId } = batch;
        const unit = createUnit(step, { batch, pseudonym, recordBytes });
        const { stored, refused } = await decide(unit);
        const records = [...stored.values()];
        const made = new Map([...stored].map(([position, { id }]) => [position, id]));
        if (records.length > 0) {
          await step.record(made);
          const inserted = { companyId, records, locations: unit.locations, now, write };
          await insertPets(tx, inserted);
          await changeLeads(tx, inserted);
          if (batch.imported) await insertImportEntries(tx, { ...batch.imported, companyId, kind: "pet", made });
          if (batch.keepsIds) await refuseErased(tx, { companyId, pseudonym, petIds: [...made.values()] });
        } else if (write.claim) write.claim.replayed = replayed.size > 0;
        const versions = await versionsOf(tx, batch, [...new Set(replayed.values())]);
        return resultsOf({ ...batch, ...contested }, { made, refused, replayed, versions });
      });
    },

    async find({ accessFilter, ids, withLeads }, signal) {
      const values = [...accessFilterValues(accessFilter), ids, withLeads];
      return (await database.read<{ pet: PetJson }>(findEach, values, signal)).map(({ pet }) => toPet(pet));
    },
  };
}

const contested = {
  kind: "pet",
  resource: "Pet",
  contested: ["pet_pkey", "pet_note_pkey", externalIdKeyName("pet")],
} as const;

/** `$1` and `$2`: see db/access-filter.ts; `$3` the ids, `$4` whether pets of leads are found. */
const findEach = statement(
  "pet.find_each",
  `SELECT ${petJson} AS pet FROM pet p
   WHERE p.company_id = ($1::text[])[1] AND p.id = ANY($3::text[]) AND (
     EXISTS (SELECT 1 FROM customer c WHERE ${singleCompanyAccessPredicate("c")} AND c.id = p.customer_id)
     OR ($4::boolean AND EXISTS (SELECT 1 FROM lead l WHERE l.company_id = ($1::text[])[1] AND l.id = p.lead_id
       AND l.archived_time IS NULL AND ${leadGrantPredicate("l")})))`,
);

interface UnitOptions {
  readonly batch: Pick<PetBatch, "companyId" | "accessFilter">;
  readonly pseudonym: Pseudonym;
  readonly recordBytes: number;
}

export function createUnit(
  { tx, now, replayed, refused }: BatchStep,
  { batch: { companyId, accessFilter }, pseudonym, recordBytes }: UnitOptions,
): PetBatchUnit & { readonly locations: Map<string, string | undefined> } {
  const locations = new Map<string, string | undefined>();
  return {
    ...{ now, replayed, refused, recordBytes, locations },
    customFields: customFieldsInTransaction(tx),
    lockOwners: (owners) => lockOwners(tx, { companyId, accessFilter, owners, locations }),
    ask: (questions) => askFacts(tx, { companyId, questions, pseudonym }),
  };
}

interface FactRow extends Omit<PetCode, "archived"> {
  readonly kind: "code" | "pet";
}

interface FactsQuery {
  readonly companyId: string;
  readonly questions: PetQuestions;
  readonly pseudonym: Pseudonym;
}

/** Whether a pet exists or was erased is read by one statement: an erasure shows in one of them. */
async function askFacts(
  tx: Prisma.TransactionClient,
  { companyId, questions: { petIds, codeIds, noteIds, authorIds, externalIds }, pseudonym }: FactsQuery,
): Promise<PetFacts> {
  const pseudonyms = new Map(petIds.flatMap((id) => pseudonym(companyId, "pet", id).map((one) => [one, id])));
  const changed = [...petIds, ...pseudonyms.keys()];
  const rows = await tx.$queryRaw<FactRow[]>`
    SELECT 'code' AS kind, id, abbreviation, description, color FROM pet_code
      WHERE company_id = ${companyId} AND id = ANY(${[...codeIds]}::text[]) AND archived_time IS NULL
    UNION ALL SELECT 'pet', id, '', '', '' FROM pet WHERE company_id = ${companyId} AND id = ANY(${[...petIds]}::text[])
    UNION ALL SELECT 'pet', resource_id, '', '', '' FROM change
      WHERE company_id = ${companyId} AND kind = 'pet' AND resource_id = ANY(${changed}::text[])`;
  const pets = rows.flatMap(({ kind, id }) => (kind === "pet" ? [id] : []));
  const codes = rows.flatMap(({ kind, ...code }) => (kind === "code" ? [{ ...code, archived: false }] : []));
  return {
    codes: new Map(codes.map((code) => [code.id, code])),
    takenIds: new Set(pets.filter((id) => !pseudonyms.has(id))),
    erasedIds: new Set(pets.flatMap((id) => pseudonyms.get(id) ?? [])),
    takenExternalIds: await takenExternalIds(tx, { kind: "pet", companyId }, externalIds),
    takenNoteIds:
      noteIds.length === 0 ? new Set() : await findExistingIds(tx, { companyId, kind: "petNote", ids: noteIds }),
    strangers: authorIds.length === 0 ? new Set() : await missingStaff(tx, companyId, authorIds),
  };
}

interface ErasedQuery {
  readonly companyId: string;
  readonly petIds: readonly string[];
  readonly pseudonym: Pseudonym;
}

/** An id can have been created and erased while the batch was decided. */
export async function refuseErased(tx: Prisma.TransactionClient, { petIds, ...query }: ErasedQuery): Promise<void> {
  const questions = { petIds, codeIds: [], noteIds: [], authorIds: [], externalIds: [] };
  const [erased] = (await askFacts(tx, { ...query, questions })).erasedIds;
  if (erased !== undefined) throw erasedError("Pet", erased);
}

/** The versions of those pets whose owners the principal can access. */
export async function versionsOf(
  tx: Prisma.TransactionClient,
  { companyId, accessFilter }: Pick<PetBatch, "companyId" | "accessFilter">,
  ids: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    SELECT p.id, p.version FROM pet p
    WHERE p.company_id = ${companyId} AND p.id = ANY(${[...ids]}::text[]) AND ${ownerIsSeen(accessFilter)}`;
  return new Map(rows.map(({ id, version }) => [id, version]));
}
