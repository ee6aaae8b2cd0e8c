import { mayCreateTags, requireCompanyAccess, targetIn } from "../../core/access.js";
import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import { invalidRequest, violation } from "../../core/errors.js";
import { appendNotes, editNote, removeNote, writtenNotes } from "../../core/note.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import { referenceError } from "../customers/customer.model.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";
import { assertLead, type LeadRepository } from "./lead.model.js";

export type LeadNotes = ReturnType<typeof createLeadNotes>;

interface NoteTarget {
  readonly companyId: string;
  readonly leadId: string;
  readonly noteId: string;
}

interface NoteUpdate extends NoteTarget {
  readonly text: string;
}

/** Notes of a lead. A change also updates the version and the update time of the lead. */
export function createLeadNotes(leads: LeadRepository) {
  return {
    /** Returns the added notes in the order given. A replay may follow a deletion. */
    async append(name: CompanyResource, added: readonly string[], principal: Principal, write: WriteContext) {
      return writtenNotes(await leads.changeNotes(targetIn(principal, name), write, appendNotes(added)));
    },

    /** Newest first. Returns one row more than the page size if there is a next page. */
    async list(name: CompanyResource, page: Page, principal: Principal, signal: AbortSignal) {
      await findLead(leads, name, principal, signal);
      return leads.listNotes(name, page, signal);
    },

    async update({ noteId, text, ...named }: NoteUpdate, principal: Principal, write: WriteContext) {
      const edit = editNote(noteId, text);
      const { notes } = await leads.changeNotes(targetIn(principal, nameOf(named)), write, edit);
      return requireFound(notes[0], "Note", noteId);
    },

    async remove({ noteId, ...named }: NoteTarget, principal: Principal, write: WriteContext) {
      await leads.changeNotes(targetIn(principal, nameOf(named)), write, removeNote(noteId));
    },
  };
}

export type LeadTags = ReturnType<typeof createLeadTags>;

/** The tags of a lead, with the rules of customers. */
export function createLeadTags(leads: LeadRepository) {
  return {
    /** Returns the tags of the request, including those that the lead already had. */
    async append(
      name: CompanyResource,
      references: readonly TagReference[],
      principal: Principal,
      write: WriteContext,
    ) {
      const changed = await leads.change(targetIn(principal, name), write, async (unit) => {
        const access = requireCompanyAccess(principal, name.companyId);
        const tags = await unit.resolveTags(references, mayCreateTags(principal, access));
        const error = referenceError({ missing: [], tags, references, violations: [] });
        if (error) throw error;
        const carried = new Set([...unit.lead.tags, ...tags.tags].map((tag) => tag.id));
        if (carried.size > maxTagsPerCustomer) throw invalidRequest([tooManyTags]);
        if (carried.size === unit.lead.tags.length) unit.skipUpdate();
        await unit.addTags(tags.tags);
        return { kind: "tag", ids: tags.tags.map((tag) => tag.id) };
      });
      const carried = new Map(changed.tags.map((tag) => [tag.id, tag]));
      return changed.resourceIds.flatMap((id) => carried.get(id) ?? []);
    },

    list: async (name: CompanyResource, principal: Principal, signal: AbortSignal) =>
      (await findLead(leads, name, principal, signal)).tags,

    /** Returns the remaining tags. */
    async remove(
      { tagIds, ...name }: CompanyResource & { readonly tagIds: readonly string[] },
      principal: Principal,
      write: WriteContext,
    ) {
      const { lead } = await leads.change(targetIn(principal, name), write, async (unit) => {
        const rest = unit.lead.tags.filter((tag) => !tagIds.includes(tag.id));
        if (rest.length === unit.lead.tags.length) unit.skipUpdate();
        else await unit.replaceTags(rest);
        return { kind: "tag", ids: [] };
      });
      return lead.tags;
    },
  };
}

const tooManyTags = violation("tags", "TOO_MANY", `Must leave the lead with at most ${maxTagsPerCustomer} tags.`);

function nameOf({ companyId, leadId: id }: Omit<NoteTarget, "noteId">): CompanyResource {
  return { companyId, id };
}

async function findLead(leads: LeadRepository, name: CompanyResource, principal: Principal, signal: AbortSignal) {
  return assertLead(requireFound(await leads.get(targetIn(principal, name), signal), "Lead", name.id));
}
