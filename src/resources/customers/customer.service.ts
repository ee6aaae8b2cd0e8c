import {
  companyAccessFilter,
  limitToBusinesses,
  mayCreateTags,
  requireBusinessAccess,
  requireCompanyAccess,
  targetOf,
} from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { invalidRequest } from "../../core/errors.js";
import { appendNotes, editNote, removeNote, writtenNotes } from "../../core/note.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { RecordOrder } from "../../core/record-search.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { type FieldFilter, toFieldSearches } from "../custom-fields/custom-field-filter.service.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";
import {
  type CardLinkRepository,
  type CustomerFilter,
  type CustomerRepository,
  referenceError,
} from "./customer.model.js";
import { createNewCustomers } from "./customer-create.service.js";
import { applyUpdate, type CustomerUpdate, questionsOf, tooManyTags } from "./customer-update.service.js";

interface CustomerDependencies {
  readonly customers: CustomerRepository;
  readonly customFields: CustomFieldRepository;
  readonly cardLinks: CardLinkRepository;
  /** Base URL of card links, without a trailing slash. Known once the server listens. */
  readonly publicBaseUrl: () => string;
}

export type Customers = ReturnType<typeof createCustomers>;

export interface ListCustomers {
  readonly companyId: string;
  readonly filter: CustomerFilter & { readonly customFields?: readonly FieldFilter[] };
  readonly order?: RecordOrder | undefined;
  readonly page: Page;
}

/** MoeGo API reference, "Generate Card-on-File Link". */
const cardLinkLifetimeMs = 24 * 60 * 60 * 1000;

/** The rules of customers. */
export function createCustomers({ customers, customFields, cardLinks, publicBaseUrl }: CustomerDependencies) {
  return {
    create: createNewCustomers(customers, customFields),

    async get(id: string, principal: Principal, signal: AbortSignal) {
      return requireFound(await customers.get(targetOf(principal, id), signal), "Customer", id);
    },

    async update(input: CustomerUpdate, principal: Principal, write: WriteContext) {
      const access = requireCompanyAccess(principal, input.companyId);
      const { preferredBusinessId } = input.columns;
      if (preferredBusinessId) requireBusinessAccess(access, [preferredBusinessId]);
      const target = { accessFilter: companyAccessFilter(access), id: input.id };
      const context = { access, mayCreateTags: mayCreateTags(principal, access), signal: write.signal };
      const changed = await customers.change(target, write, questionsOf(input), (unit) =>
        applyUpdate(unit, input, context),
      );
      return changed.customer;
    },

    /** Returns one row more than the page size if there is a next page. */
    async list({ companyId, filter, order, page }: ListCustomers, principal: Principal, signal: AbortSignal) {
      const access = requireCompanyAccess(principal, companyId);
      const limited = limitToBusinesses(access, filter);
      const context = { companyId, association: "CUSTOMER", signal } as const;
      const fields = await toFieldSearches(customFields, filter.customFields, context);
      return customers.list({ companyId, filter: limited, fields, order, page }, signal);
    },

    /** A link to enter a payment card, valid once within 24 hours. */
    async mintCardLink(id: string, principal: Principal, write: WriteContext) {
      const token = await cardLinks.mint(targetOf(principal, id), cardLinkLifetimeMs, write);
      return `${publicBaseUrl()}/cof/${token}`;
    },
  };
}

/** The tags of a customer. */
export type CustomerTags = ReturnType<typeof createCustomerTags>;

export function createCustomerTags(customers: CustomerRepository) {
  return {
    /** Returns the tags of the request, including those that the customer already had. */
    async append(customerId: string, references: readonly TagReference[], principal: Principal, write: WriteContext) {
      const questions = { tags: references };
      const changed = await customers.change(targetOf(principal, customerId), write, questions, async (unit) => {
        const access = requireCompanyAccess(principal, unit.customer.companyId);
        const tags = await unit.resolveTags(references, mayCreateTags(principal, access));
        const error = referenceError({ missing: [], tags, references, violations: [] });
        if (error) throw error;
        const carried = new Set([...unit.customer.tags, ...tags.tags].map((tag) => tag.id));
        if (carried.size > maxTagsPerCustomer) throw invalidRequest([tooManyTags]);
        if (carried.size === unit.customer.tags.length) unit.skipUpdate();
        await unit.addTags(tags.tags);
        return { kind: "tag", ids: tags.tags.map((tag) => tag.id) };
      });
      const carried = new Map(changed.customer.tags.map((tag) => [tag.id, tag]));
      return changed.resourceIds.flatMap((id) => carried.get(id) ?? []);
    },

    async list(customerId: string, principal: Principal, signal: AbortSignal) {
      return requireFound(await customers.get(targetOf(principal, customerId), signal), "Customer", customerId).tags;
    },
  };
}

/** Notes of a customer. A change also updates the version and the update time of the customer. */
export type CustomerNotes = ReturnType<typeof createCustomerNotes>;

interface NoteTarget {
  readonly customerId: string;
  readonly noteId: string;
}

interface NoteUpdate extends NoteTarget {
  readonly text: string;
}

export function createCustomerNotes(customers: CustomerRepository) {
  return {
    /** Returns the added notes in the order given. A replay may follow a deletion. */
    async append(customerId: string, added: readonly string[], principal: Principal, write: WriteContext) {
      return writtenNotes(await customers.changeNotes(targetOf(principal, customerId), write, appendNotes(added)));
    },

    /** Newest first. Returns one row more than the page size if there is a next page. */
    list(customerId: string, page: Page, principal: Principal, signal: AbortSignal) {
      return customers.listNotes(targetOf(principal, customerId), page, signal);
    },

    async update({ customerId, noteId, text }: NoteUpdate, principal: Principal, write: WriteContext) {
      const edit = editNote(noteId, text);
      const { notes } = await customers.changeNotes(targetOf(principal, customerId), write, edit);
      return requireFound(notes[0], "Note", noteId);
    },

    async remove({ customerId, noteId }: NoteTarget, principal: Principal, write: WriteContext) {
      await customers.changeNotes(targetOf(principal, customerId), write, removeNote(noteId));
    },
  };
}
