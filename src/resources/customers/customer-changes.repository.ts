import type { Channel } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import { respectingOptOut, type Withheld } from "../../core/contact-rule.js";
import { type ExternalId, withoutExternalIds } from "../../core/external-id.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Note } from "../../core/note.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import type { Database } from "../../db/database.js";
import { type AddressJson, addressColumns } from "../../db/nested-rows.js";
import { customFieldsAsRead } from "../custom-fields/custom-field.repository.js";
import type { Tag } from "../setting-lists/tag.model.js";
import { judgeTags, type NewTag } from "../setting-lists/tag-change.columns.js";
import { toNote } from "./customer.columns.js";
import type { Customer, CustomerChange, CustomerTransaction, References } from "./customer.model.js";
import { customerReferences } from "./customer-change.repository.js";
import type { CustomerStateRow } from "./customer-state.repository.js";

type NestedPart = "addresses" | "external_ids" | "notes" | "phones" | "tags";

/** What a change does to a customer. */
export interface CustomerChanges {
  readonly change: CustomerChange;
  /** Whether nothing changes. */
  readonly isLeft: boolean;
  readonly provenance?: ConsentProvenance | undefined;
  readonly withheld?: Withheld | undefined;
  /** Whether opt-outs must be met. */
  readonly asksOptOuts: boolean;
  readonly nested: ReadonlySet<NestedPart>;
  readonly phones?: readonly ContactPhone[];
  /** All of them after the change. */
  readonly externalIds: readonly ExternalId[];
  readonly droppedExternalIds: readonly ExternalId[];
  readonly addedExternalIds: readonly ExternalId[];
  readonly droppedAddressIds: readonly string[];
  readonly storedAddresses: readonly AddressJson[];
  readonly newTags: readonly NewTag[];
  /** All tags after the change. */
  readonly tags: readonly Tag[];
  readonly addedNotes: readonly Pick<Note, "id" | "note">[];
  readonly editedNotes: readonly Pick<Note, "id" | "note">[];
  readonly keptNoteIds?: readonly string[];
}

interface TakeOptions {
  readonly database: Database;
  readonly row: CustomerStateRow;
  readonly customer: Customer;
  readonly maxTags: number;
  /** The staff member who makes the change. */
  readonly author: string;
  /** The channels from which a line of the changed customer is taken to be opted out. */
  readonly assumed: readonly Channel[];
}

/** A unit that takes notes of what the rules change, and answers from what was read. */
export function takeChanges({ database, row, customer, maxTags, author, assumed }: TakeOptions): {
  readonly unit: CustomerTransaction;
  taken(): CustomerChanges;
} {
  const { companyId } = customer;
  const asked = row.asked_notes?.map(toNote) ?? [];
  const carried = customer.tags.map((tag) => tag.id);
  const nested = new Set<NestedPart>();
  let change: CustomerChange = {};
  let provenance: ConsentProvenance | undefined;
  let withheld: Withheld | undefined;
  let asksOptOuts = false;
  let isLeft = false;
  let phones: readonly ContactPhone[] | undefined;
  let externalIds = customer.externalIds;
  const droppedAddressIds: string[] = [];
  const storedAddresses: AddressJson[] = [];
  let newTags: readonly NewTag[] = [];
  let tags: readonly Tag[] = customer.tags;
  const addedNotes: Pick<Note, "id" | "note">[] = [];
  const editedNotes: Pick<Note, "id" | "note">[] = [];
  let keptNoteIds: readonly string[] | undefined;

  const unit: CustomerTransaction = {
    customer,
    customFields: customFieldsAsRead(database, { CUSTOMER: row.definitions }),

    async save(next, source) {
      const { consent = customer.consent, preference = customer.preference, email = customer.email } = next;
      asksOptOuts = Boolean(phones ?? next.consent ?? next.preference) || email !== customer.email;
      const respecting = respectingOptOut({ consent, preference }, asksOptOuts ? assumed : []);
      withheld = respecting.withheld;
      change = withheld ? { ...next, ...respecting.choice } : next;
      provenance = source;
    },

    skipUpdate() {
      isLeft = true;
    },

    async missing(ids) {
      const found: Record<keyof References, boolean> = {
        preferredBusinessId: row.has_business,
        referralSourceId: row.asked_source !== null,
        assignedStaffId: row.has_staff,
      };
      return customerReferences.flatMap(([name]) => (ids[name] === undefined || found[name] ? [] : [name]));
    },

    async resolveTags(references, mayCreate) {
      // The tags of the customer may have been archived in the meantime. Sending them back is always allowed.
      const question = { companyId, references, carried, mayCreate, maxTags, author };
      const judged = judgeTags(row, question);
      newTags = judged.created;
      return { ...judged.resolution, tags: judged.tags };
    },

    async replaceTags(next) {
      const ids = next.map((tag) => tag.id);
      tags = tags.filter(({ id }) => ids.includes(id));
      if (tags.length < carried.length) nested.add("tags");
      await unit.addTags(next);
    },

    async addTags(added) {
      const fresh = added.filter(({ id }) => !carried.includes(id));
      if (fresh.length > 0) nested.add("tags");
      tags = [...tags, ...fresh];
    },

    async replacePhones(next) {
      nested.add("phones");
      phones = next;
    },

    async replaceExternalIds(next) {
      nested.add("external_ids");
      externalIds = next;
    },

    async addAddress(address) {
      nested.add("addresses");
      storedAddresses.push(addressColumns(address));
    },

    async editAddress(id, address) {
      await unit.removeAddress(id);
      storedAddresses.push(addressColumns(address, id));
    },

    async removeAddress(id) {
      nested.add("addresses");
      droppedAddressIds.push(id);
    },

    findNotes: async (ids) => asked.filter(({ id }) => ids.includes(id)),

    async addNotes(texts) {
      nested.add("notes");
      addedNotes.push(...texts.map((note) => ({ id: newId(idPrefixes.note), note })));
    },

    async editNote(id, note) {
      nested.add("notes");
      editedNotes.push({ id, note });
    },

    async keepNotes(ids) {
      if (row.note_count > new Set(asked.map(({ id }) => id)).size) nested.add("notes");
      keptNoteIds = ids;
    },
  };

  const taken = () => ({
    ...{ change, isLeft, provenance, withheld, asksOptOuts, nested, droppedAddressIds, storedAddresses },
    ...{ newTags, tags, addedNotes, editedNotes, externalIds },
    droppedExternalIds: withoutExternalIds(customer.externalIds, externalIds),
    addedExternalIds: withoutExternalIds(externalIds, customer.externalIds),
    ...(phones ? { phones } : {}),
    ...(keptNoteIds ? { keptNoteIds } : {}),
  });
  return { unit, taken };
}
