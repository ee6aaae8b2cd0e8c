import fc from "fast-check";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { changeCustomer, customerMissing, nobody, readCustomer, seenCustomer } from "./change.js";
import { authorOf, command } from "./command.js";
import { newNotes, newNoteTexts, noteFaults, sentNotes, storedOf } from "./contact-parts.js";
import { answer, type Fault, invalid, notFound } from "./outcome.js";
import { addTags, namedTags, referenceRefusal, tagReferences } from "./references.js";
import { noteTexts, pick, which } from "./samples.js";
import { customerView, noteView, tagView } from "./views.js";
import { type Note, newTime, type Tag } from "./world.js";

const rpc = CustomerService.method;

export const getCustomer = command({
  rpc: "GetCustomer",
  input: fc.record({ at: which }),
  plan({ at }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    return {
      method: rpc.getCustomer,
      request: { id },
      check: () => undefined,
      run() {
        const customer = seenCustomer(world, id, by);
        return customer ? answer(customerView(world, customer)) : notFound;
      },
    };
  },
});

export const appendNotes = command({
  rpc: "AppendCustomerNotes",
  input: fc.record({ at: which, texts: newNoteTexts }),
  plan({ at, texts }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    const shape: Fault[] = texts.length === 0 ? [{ field: "notes", reason: "REQUIRED" }] : noteFaults(texts);
    let made: readonly Note[] = [];
    return {
      method: rpc.appendCustomerNotes,
      request: { id, notes: sentNotes(texts) },
      check: () => (shape.length > 0 ? invalid(shape) : customerMissing(world, id, by)),
      run() {
        const notes = newNotes(world, texts, by);
        const changed = changeCustomer(world, { id, by }, (before) => ({ notes: [...before.notes, ...notes] }));
        if ("refused" in changed) return changed.refused;
        made = notes;
        return answer({ notes: notes.map(noteView) });
      },
      readBack: () => readCustomer(world, id),
      // As they now are: some may have another text, and those that are gone have their id alone.
      again() {
        const kept = new Map(seenCustomer(world, id, by)?.notes.map((note) => [note.id, noteView(note)]));
        const gone = { note: "", lastUpdatedBy: "" };
        return answer({ notes: made.map((note) => kept.get(note.id) ?? { id: note.id, ...gone }) });
      },
    };
  },
});

const noteTarget = { at: which, note: which };

export const updateNote = command({
  rpc: "UpdateCustomerNote",
  input: fc.record({ ...noteTarget, text: noteTexts }),
  plan(given, world, { by }) {
    const customer = pick(world.customers, given.at);
    const id = customer?.id.value ?? nobody;
    const noteId = pick(customer?.notes ?? [], given.note)?.id.value ?? nobody;
    return {
      method: rpc.updateCustomerNote,
      request: { customerId: id, noteId, note: given.text.sent },
      check: () =>
        "fault" in given.text ? invalid([{ field: "note", reason: given.text.fault }]) : customerMissing(world, id, by),
      run() {
        const changed = changeCustomer(world, { id, by }, ({ notes }) => {
          if (notes.every((note) => note.id.value !== noteId)) return notFound;
          const edited = { text: storedOf(given.text), by: authorOf(by), time: newTime() };
          return { notes: notes.map((note) => (note.id.value === noteId ? { ...note, ...edited } : note)) };
        });
        return "refused" in changed ? changed.refused : noteOf(changed.customer.notes);
      },
      readBack: () => readCustomer(world, id),
      again: () => noteOf(seenCustomer(world, id, by)?.notes ?? []),
    };

    function noteOf(notes: readonly Note[]) {
      const note = notes.find((one) => one.id.value === noteId);
      return note ? answer({ note: noteView(note) }) : notFound;
    }
  },
});

export const deleteNote = command({
  rpc: "DeleteCustomerNote",
  input: fc.record(noteTarget),
  plan(given, world, { by }) {
    const customer = pick(world.customers, given.at);
    const id = customer?.id.value ?? nobody;
    const noteId = pick(customer?.notes ?? [], given.note)?.id.value ?? nobody;
    return {
      method: rpc.deleteCustomerNote,
      request: { customerId: id, noteId },
      check: () => customerMissing(world, id, by),
      run() {
        const changed = changeCustomer(world, { id, by }, ({ notes }) => {
          const rest = notes.filter((note) => note.id.value !== noteId);
          return rest.length === notes.length ? notFound : { notes: rest };
        });
        return "refused" in changed ? changed.refused : answer({});
      },
      readBack: () => readCustomer(world, id),
      again: () => answer({}),
    };
  },
});

export const appendTags = command({
  rpc: "AppendCustomerTags",
  input: fc.record({ at: which, tags: tagReferences }),
  plan({ at, tags }, world, { by }) {
    const id = pick(world.customers, at)?.id.value ?? nobody;
    const shape =
      tags.length === 0 ? [{ field: "tags", reason: "REQUIRED" }] : namedTags(world, tags, { by }).faults.shape;
    let made: readonly Tag[] = [];
    return {
      method: rpc.appendCustomerTags,
      request: { id, tags: [...tags] },
      check: () => (shape.length > 0 ? invalid(shape) : customerMissing(world, id, by)),
      run() {
        const named = namedTags(world, tags, { by, carried: seenCustomer(world, id, by)?.tags ?? [] });
        const changed = changeCustomer(world, { id, by }, ({ tags: carried }) => {
          const refused = referenceRefusal([], named, by);
          if (refused) return refused;
          addTags(world, named.tags);
          // What it carries already changes nothing.
          const isNew = named.tags.some((tag) => !carried.includes(tag));
          return isNew ? { tags: [...new Set([...carried, ...named.tags])] } : undefined;
        });
        if ("refused" in changed) return changed.refused;
        made = named.tags;
        return answer({ tags: made.map(tagView) });
      },
      readBack: () => readCustomer(world, id),
      again() {
        const carried = seenCustomer(world, id, by)?.tags ?? [];
        return answer({ tags: made.flatMap(({ id }) => carried.filter((tag) => tag.id === id)).map(tagView) });
      },
    };
  },
});
