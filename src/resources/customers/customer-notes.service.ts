import { notFound } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { type Caller, visibilityOf } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import type { Note } from "./customer.model.js";
import type { CustomerRepository, CustomerUnit, DatedNote } from "./customer-store.model.js";

/** The notes of one customer. Changing one changes the customer's version and time as well. */
export interface CustomerNotes {
  /** The notes that were added, in the order given. */
  append(customerId: string, texts: readonly string[], caller: Caller, write: Write): Promise<readonly Note[]>;
  /** Newest first; one row more than the page's size tells that there is a next page. */
  list(customerId: string, page: Page, caller: Caller, signal: AbortSignal): Promise<readonly DatedNote[]>;
  update(note: NoteUpdate, caller: Caller, write: Write): Promise<Note>;
  remove(note: NoteTarget, caller: Caller, write: Write): Promise<void>;
}

export interface NoteTarget {
  readonly customerId: string;
  readonly noteId: string;
}

export interface NoteUpdate extends NoteTarget {
  readonly text: string;
}

export function createCustomerNotes(customers: CustomerRepository): CustomerNotes {
  const target = (caller: Caller, id: string) => ({ visibility: visibilityOf(caller), id });
  return {
    async append(customerId, texts, caller, write) {
      const changed = await customers.change(target(caller, customerId), write, async (unit) => {
        const notes = await unit.addNotes(texts);
        return notes.map((note) => note.id);
      });
      return changed.notes;
    },

    list(customerId, page, caller, signal) {
      return customers.listNotes(target(caller, customerId), page, signal);
    },

    async update({ customerId, noteId, text }, caller, write) {
      const changed = await customers.change(target(caller, customerId), write, async (unit) => {
        await assertNote(unit, noteId);
        await unit.editNote(noteId, text);
        return [noteId];
      });
      const [note] = changed.notes;
      if (!note) throw notFound("Note", noteId);
      return note;
    },

    async remove({ customerId, noteId }, caller, write) {
      await customers.change(target(caller, customerId), write, async (unit) => {
        await assertNote(unit, noteId);
        await unit.removeNote(noteId);
        return [noteId];
      });
    },
  };
}

async function assertNote(unit: CustomerUnit, noteId: string): Promise<void> {
  const [note] = await unit.findNotes([noteId]);
  if (!note) throw notFound("Note", noteId);
}
