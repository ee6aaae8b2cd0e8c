import { z } from "zod";
import { companyResourceSchema, id, list, text } from "../../api/fields.js";
import { newNotes } from "../../api/note-fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { createdCursorOf, paged } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { noteRule } from "../../core/text.js";
import type { LeadAdminService } from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { tagReferences } from "../customers/customer.input.js";
import { toProtoNote } from "../customers/customer.output.js";
import { toProtoTag } from "../setting-lists/setting.output.js";
import { maxTagsPerCustomer } from "../setting-lists/tag.model.js";
import type { LeadNotes, LeadTags } from "./lead-note.service.js";

type Handlers = ServiceHandlers<typeof LeadAdminService>;

/** The handlers of notes of leads. */
export function createLeadNoteHandlers(notes: LeadNotes, pageTokens: PageTokens) {
  return {
    appendLeadNotes: rpc(noteAppend, async ({ notes: texts, ...name }, { principal, write }) => {
      const added = await notes.append(name, texts, principal, write);
      return { notes: added.map(toProtoNote) };
    }),

    listLeadNotes: paged(pageTokens, notesQuery, {
      find: ({ companyId, id: leadId }, page, { principal, signal }) =>
        notes.list({ companyId, id: leadId }, page, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ notes: rows.map(toProtoNote), nextPageToken }),
    }),

    updateLeadNote: rpc(noteUpdate, async ({ note, ...target }, { principal, write }) => ({
      note: toProtoNote(await notes.update({ ...target, text: note }, principal, write)),
    })),

    deleteLeadNote: rpc(noteTarget, async (target, { principal, write }) => {
      await notes.remove(target, principal, write);
      return {};
    }),
  } satisfies Partial<Handlers>;
}

/** The handlers of tags of leads. */
export function createLeadTagHandlers(tags: LeadTags) {
  return {
    appendLeadTags: rpc(tagAppend, async ({ tags: references, ...name }, { principal, write }) => {
      const added = await tags.append(name, references, principal, write);
      return { tags: added.map(toProtoTag) };
    }),

    listLeadTags: rpc(companyResourceSchema, async (name, { principal, signal }) => ({
      tags: (await tags.list(name, principal, signal)).map(toProtoTag),
    })),

    removeLeadTags: rpc(tagRemoval, async (removal, { principal, write }) => ({
      tags: (await tags.remove(removal, principal, write)).map(toProtoTag),
    })),
  } satisfies Partial<Handlers>;
}

const noteAppend = companyResourceSchema.extend({ notes: newNotes });
const notesQuery = companyResourceSchema.extend({ pagination });
const noteTarget = z.object({ companyId: id, leadId: id, noteId: id });
const noteUpdate = noteTarget.extend({ note: text(noteRule) });
const tagAppend = companyResourceSchema.extend({ tags: tagReferences });
const tagRemoval = companyResourceSchema.extend({ tagIds: list(id, maxTagsPerCustomer) });
