import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import type { Database } from "../../db/database.js";
import { notePages } from "../../db/note-pages.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { readTags, resolveTags } from "../setting-lists/tag.repository.js";
import type { ChangedLead, Lead, LeadNotesAndTags, LeadRepository } from "./lead.model.js";

interface NotesAndTagsOptions {
  /** The state under the lock. */
  readonly lead: Lead;
  readonly now: Date;
  readonly write: WriteContext;
  readonly maxTags: number;
  changed(part: "notes" | "tags"): void;
}

/** The changes of notes and tags of a locked lead, with the rules of customer-change.repository.ts. */
export function notesAndTagsOf(
  tx: Prisma.TransactionClient,
  { lead, now, write, maxTags, changed }: NotesAndTagsOptions,
): LeadNotesAndTags {
  const { companyId, id: leadId } = lead;
  const key = (id: string) => ({ companyId_id: { companyId, id } });
  const noteStamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime: now };
  const carried = new Set(lead.tags.map((tag) => tag.id));
  const unit: LeadNotesAndTags = {
    resolveTags: (references, mayCreate) =>
      // The tags of the lead may have been archived in the meantime. Sending them back is always allowed.
      resolveTags(tx, { companyId, references, carried: [...carried], mayCreate, maxTags, now, write }),

    async replaceTags(tags) {
      const ids = tags.map((tag) => tag.id);
      if ([...carried].some((id) => !ids.includes(id))) changed("tags");
      await tx.leadTag.deleteMany({ where: { companyId, leadId, tagId: { notIn: ids } } });
      await unit.addTags(tags);
    },

    async addTags(tags) {
      if (tags.some((tag) => !carried.has(tag.id))) changed("tags");
      const data = tags.map((tag) => ({ companyId, leadId, tagId: tag.id }));
      await tx.leadTag.createMany({ data, skipDuplicates: true });
    },

    findNotes: (ids) =>
      tx.leadNote.findMany({ where: { companyId, leadId, id: { in: [...ids] } }, orderBy: { id: "desc" } }),

    async addNotes(texts) {
      changed("notes");
      const notes = texts.map((note) => ({ id: newId(idPrefixes.note), note, ...noteStamp }));
      await tx.leadNote.createMany({ data: notes.map((note) => ({ ...note, companyId, leadId, createdTime: now })) });
    },

    async editNote(id, note) {
      changed("notes");
      await tx.leadNote.update({ where: key(id), data: { note, ...noteStamp } });
    },

    async keepNotes(ids) {
      const removed = await tx.leadNote.deleteMany({ where: { companyId, leadId, id: { notIn: [...ids] } } });
      if (removed.count > 0) changed("notes");
    },
  };
  return unit;
}

/** The tags with these ids that the lead, or the customer that it was promoted to, has now. */
export async function writtenTags(
  tx: Prisma.TransactionClient,
  { companyId, promotedCustomerId: customerId, tags }: Lead,
  ids: readonly string[],
): Promise<ChangedLead["tags"]> {
  if (customerId === undefined) return tags.filter(({ id }) => ids.includes(id));
  const links = await tx.customerTag.findMany({ where: { companyId, customerId, tagId: { in: [...ids] } } });
  return readTags(tx, { companyId, ids: links.map(({ tagId }) => tagId) });
}

const readNotes = notePages({ name: "lead_note", table: "lead_note", owner: "lead_id", text: "note" });

/** A page of a lead's notes, newest first. */
export function listNotes(database: Database): LeadRepository["listNotes"] {
  return async (lead, page, signal) =>
    (await readNotes(database, lead, page, signal)).map(({ text: note, ...stamp }) => ({ note, ...stamp }));
}
