import { sameExternalIds } from "../../core/external-id.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type FieldChange, type WriteContext } from "../../core/write.js";
import { type Changed, recordChange, stayingAt, timestamp, updatedTime } from "../../db/audit-log.js";
import { changedFields } from "../../db/changed-fields.js";
import { insertExternalIds, replaceExternalIds } from "../../db/external-ids.js";
import { Prisma } from "../../gen/prisma/client.js";
import { petFields } from "./pet.columns.js";
import {
  editedFields,
  type Pet,
  type PetAudit,
  type PetEdit,
  type PetFields,
  type PetNoteEntry,
  type PetRecord,
  type Vaccination,
} from "./pet.model.js";
import type { ImportedPetRecord, PetOwner } from "./pet-import.model.js";

export interface PetWriterOptions {
  readonly companyId: string;
  /** The owner's location. */
  readonly businessId?: string | undefined;
  /** Timestamp of the change. */
  readonly now: Date;
  readonly write: WriteContext;
}

/** Writes pets within a transaction that has locked their owner. Each change updates version and time of the pet. */
export interface PetWriter {
  /** Those codes that do not exist in the company or are archived. */
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Those notes that the pet does not have. */
  missingNotes(pet: Pet, ids: readonly string[]): Promise<readonly string[]>;
  /** Whether the company has or had a pet with this id. */
  exists(id: string): Promise<boolean>;
  /**
   * Returns the id of the new pet. Without times and actors, the pet is created now by the staff member the API key
   * acts for.
   */
  add(owner: PetOwner, pet: PetRecord, stamp?: PetAudit): Promise<string>;
  /** Adds a pet with notes migrated from another system. */
  addKept(owner: PetOwner, pet: ImportedPetRecord): Promise<string>;
  /** Returns the ids of the added notes. */
  edit(pet: Pet, edit: PetEdit): Promise<readonly string[]>;
  /** Sets columns that no client writes. Without a location, the pet stays where its owner is. */
  set(pet: Pet, change: ColumnChange): Promise<void>;
  /** The audit log contains one version more than the pet had. */
  remove(pet: Pet): Promise<void>;
}

interface ColumnChange extends Pick<Changed, "fields" | "location" | "related"> {
  readonly assignments: readonly Prisma.Sql[];
}

export function createPetWriter(
  tx: Prisma.TransactionClient,
  { companyId, businessId, now, write }: PetWriterOptions,
): PetWriter {
  const author = actingStaffId(write, companyId);
  const key = (id: string) => ({ companyId_id: { companyId, id } });
  const noteStamp = { lastUpdatedBy: author, lastUpdatedTime: now };

  async function addNotes(petId: string, texts: readonly string[]): Promise<readonly string[]> {
    const stamp = { createdTime: now, ...noteStamp };
    const notes = texts.map((content) => ({ companyId, id: newId(idPrefixes.note), petId, content, ...stamp }));
    await tx.petNote.createMany({ data: notes });
    return notes.map((note) => note.id);
  }

  async function addCodes(petId: string, ids: readonly string[]): Promise<void> {
    await tx.petPetCode.createMany({
      data: ids.map((petCodeId) => ({ companyId, petId, petCodeId })),
      skipDuplicates: true,
    });
  }

  async function addVaccinations(petId: string, vaccinations: readonly Vaccination[]): Promise<void> {
    const data = vaccinations.map(({ name, expiredTime }, position) => ({
      ...{ companyId, petId, position, name },
      expiredTime: expiredTime ?? null,
    }));
    await tx.petVaccination.createMany({ data });
  }

  const writer: PetWriter = {
    async missingCodes(ids) {
      const known = await tx.petCode.findMany({
        where: { companyId, id: { in: [...ids] }, archivedTime: null },
        select: { id: true },
      });
      const found = new Set(known.map((code) => code.id));
      return ids.filter((id) => !found.has(id));
    },

    async exists(id) {
      if ((await tx.pet.count({ where: { companyId, id } })) > 0) return true;
      return (await tx.change.findFirst({ where: { companyId, kind: "pet", resourceId: id } })) !== null;
    },

    async add(
      owner,
      pet,
      stamp = { createdBy: author, createdTime: now, lastUpdatedBy: author, lastUpdatedTime: now },
    ) {
      const { id = newId(idPrefixes.pet) } = pet;
      await tx.$executeRaw(
        petFields.insert("pet", pet, {
          ...{ company_id: companyId, id, [`${owner.kind}_id`]: owner.id },
          ...{ created_by: stamp.createdBy, created_time: timestamp(stamp.createdTime) },
          ...{ last_updated_by: stamp.lastUpdatedBy, last_updated_time: timestamp(stamp.lastUpdatedTime) },
        }),
      );
      await addCodes(id, pet.petCodeIds);
      await addNotes(id, pet.notes);
      await addVaccinations(id, pet.vaccinations);
      await insertExternalIds(tx, { kind: "pet", companyId }, [{ id, externalIds: pet.externalIds }]);
      const location = { after: businessId };
      await recordChange(tx, write, { companyId, kind: "pet", id, version: 1n, time: now, fields: [], location });
      return id;
    },

    async addKept(owner, { stamp, notes, ...pet }) {
      const petId = await writer.add(owner, { ...pet, notes: [] }, stamp);
      await tx.petNote.createMany({
        data: notes.map(({ id = newId(idPrefixes.note), text: content, ...facts }) => ({
          ...{ companyId, petId, id, content, ...facts },
        })),
      });
      return petId;
    },

    async missingNotes({ id: petId }, ids) {
      if (ids.length === 0) return [];
      const known = await tx.petNote.findMany({
        where: { companyId, petId, id: { in: [...ids] } },
        select: { id: true },
      });
      const found = new Set(known.map((note) => note.id));
      return ids.filter((id) => !found.has(id));
    },

    async set(pet, { assignments, fields, location = stayingAt(businessId), related }) {
      const version = pet.version + 1n;
      const audit = Prisma.sql`last_updated_by = ${author}, last_updated_time = ${timestamp(updatedTime(pet, now))},
        version = ${version}`;
      await tx.$executeRaw`UPDATE pet SET ${Prisma.join([...assignments, audit])}
        WHERE company_id = ${companyId} AND id = ${pet.id}`;
      const changed = { companyId, kind: "pet", id: pet.id, version, time: now, fields, location } as const;
      await recordChange(tx, write, { ...changed, ...(related ? { related } : {}) });
    },

    async edit(pet, given) {
      const edit = given.notes ? { ...given, notes: changedNotes(pet, given.notes) } : given;
      const { vaccinations, petCodeIds, notes = [], replacesNotes = false, removedNoteId } = edit;
      const change = editedFields(edit, pet);
      await writer.set(pet, {
        assignments: petFields.assignments(change),
        fields: changedPetFields(pet, change, edit),
      });
      if (petCodeIds) {
        await tx.petPetCode.deleteMany({ where: { companyId, petId: pet.id, petCodeId: { notIn: [...petCodeIds] } } });
        await addCodes(pet.id, petCodeIds);
      }
      if (vaccinations) {
        await tx.petVaccination.deleteMany({ where: { companyId, petId: pet.id } });
        await addVaccinations(pet.id, vaccinations);
      }
      if (edit.externalIds) {
        const replaced = { id: pet.id, before: pet.externalIds, after: edit.externalIds };
        await replaceExternalIds(tx, { kind: "pet", companyId, ...replaced });
      }
      const edited = notes.flatMap(({ id, content }) => (id === undefined ? [] : [{ id, content }]));
      if (replacesNotes) {
        const kept = given.notes?.flatMap(({ id }) => id ?? []) ?? [];
        await tx.petNote.deleteMany({ where: { companyId, petId: pet.id, id: { notIn: kept } } });
      }
      if (removedNoteId !== undefined) {
        await tx.petNote.deleteMany({ where: { companyId, petId: pet.id, id: removedNoteId } });
      }
      for (const { id, content } of edited) {
        await tx.petNote.update({ where: { ...key(id), petId: pet.id }, data: { content, ...noteStamp } });
      }
      return addNotes(
        pet.id,
        notes.flatMap(({ id, content }) => (id === undefined ? [content] : [])),
      );
    },

    async remove(pet) {
      await tx.pet.delete({ where: key(pet.id) });
      const removed = { companyId, kind: "pet", id: pet.id, version: pet.version + 1n } as const;
      await recordChange(tx, write, { ...removed, time: now, fields: [], location: { before: businessId } });
    },
  };
  return writer;
}

/** Without notes that are sent back as they are, which keep their times and authors. */
function changedNotes(pet: Pet, notes: readonly PetNoteEntry[]): readonly PetNoteEntry[] {
  const stored = new Map(pet.notes.map(({ id, content }) => [id, content]));
  return notes.filter(({ id, content }) => id === undefined || stored.get(id) !== content);
}

/** Names of the fields that an edit changes, as the API spells them. */
export function changedPetFields(pet: Pet, change: FieldChange<PetFields>, edit: PetEdit): readonly string[] {
  const codes = new Set(pet.petCodes.map((code) => code.id));
  const { petCodeIds = codes, vaccinations = pet.vaccinations, externalIds: ids = pet.externalIds } = edit;
  const { notes = [], replacesNotes, removedNoteId } = edit;
  // PostgreSQL orders some characters otherwise.
  const externalIds = sameExternalIds(ids, pet.externalIds) ? pet.externalIds : ids;
  const next = { ...pet, ...change, petCodes: new Set(petCodeIds), vaccinations, externalIds };
  const fields = changedFields({ ...pet, petCodes: codes }, next);
  const isNoteRemoved = removedNoteId !== undefined || (replacesNotes && pet.notes.length > 0);
  return notes.length > 0 || isNoteRemoved ? [...fields, "notes"] : fields;
}
