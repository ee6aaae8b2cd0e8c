import { notFoundError } from "../../core/errors.js";
import type { Note } from "../../core/note.js";
import type { Page } from "../../core/page.js";
import { accessFilterOf, type Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomerRepository, CustomerTransaction, NoteWithCreatedTime } from "./customer.model.js";

/** Notes of a customer. A change also updates the version and the update time of the customer. */
export interface CustomerNotes {
  /** Returns the added notes in the order given. */
  append(
    customerId: string,
    texts: readonly string[],
    principal: Principal,
    write: WriteContext,
  ): Promise<readonly Note[]>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(
    customerId: string,
    page: Page,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<readonly NoteWithCreatedTime[]>;
  update(note: NoteUpdate, principal: Principal, write: WriteContext): Promise<Note>;
  remove(note: NoteTarget, principal: Principal, write: WriteContext): Promise<void>;
}

export interface NoteTarget {
  readonly customerId: string;
  readonly noteId: string;
}

export interface NoteUpdate extends NoteTarget {
  readonly text: string;
}

export function createCustomerNotes(customers: CustomerRepository): CustomerNotes {
  const target = (principal: Principal, id: string) => ({ accessFilter: accessFilterOf(principal), id });
  return {
    async append(customerId, texts, principal, write) {
      const changed = await customers.change(target(principal, customerId), write, async (unit) => {
        const notes = await unit.addNotes(texts);
        return { kind: "customer_note", ids: notes.map((note) => note.id) };
      });
      return changed.notes;
    },

    list(customerId, page, principal, signal) {
      return customers.listNotes(target(principal, customerId), page, signal);
    },

    async update({ customerId, noteId, text }, principal, write) {
      const changed = await customers.change(target(principal, customerId), write, async (unit) => {
        await assertNote(unit, noteId);
        await unit.editNote(noteId, text);
        return { kind: "customer_note", ids: [noteId] };
      });
      const [note] = changed.notes;
      if (!note) throw notFoundError("Note", noteId);
      return note;
    },

    async remove({ customerId, noteId }, principal, write) {
      await customers.change(target(principal, customerId), write, async (unit) => {
        await assertNote(unit, noteId);
        await unit.removeNote(noteId);
        return { kind: "customer_note", ids: [noteId] };
      });
    },
  };
}

async function assertNote(unit: CustomerTransaction, noteId: string): Promise<void> {
  const [note] = await unit.findNotes([noteId]);
  if (!note) throw notFoundError("Note", noteId);
}
