import type { JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import { authorOf } from "./command.js";
import type { Who } from "./companies.js";
import { type AddressInput, linesOf, newNotes, storedOf } from "./contact-parts.js";
import type { Fault } from "./outcome.js";
import { maybe, noteTexts, type Sample, which } from "./samples.js";
import { type Address, type Note, newId, newTime, type World } from "./world.js";

/** A note of an update: with a place it edits the note that stands there, without one it is new. */
export interface NoteEdit {
  readonly at: number | undefined;
  readonly text: Sample;
}

export const noteEdits: fc.Arbitrary<NoteEdit[]> = fc.array(fc.record({ at: maybe(which), text: noteTexts }), {
  maxLength: 2,
});

export function sentNoteEdits(edits: readonly NoteEdit[], ids: readonly (string | undefined)[]): JsonObject[] {
  return edits.map(({ text }, at) => {
    const id = ids[at];
    return { note: text.sent, ...(id === undefined ? {} : { id }) };
  });
}

export function noteEditFaults(edits: readonly NoteEdit[]): Fault[] {
  return edits.flatMap(({ text }, at) => ("fault" in text ? [{ field: `notes[${at}].note`, reason: text.fault }] : []));
}

/** A note is edited once, and must be one of the customer's. */
export function noteReferenceFaults(notes: readonly Note[], ids: readonly (string | undefined)[]): Fault[] {
  return ids.flatMap((id, at) => {
    if (id === undefined) return [];
    const field = `notes[${at}].id`;
    if (ids.indexOf(id) < at) return [{ field, reason: "DUPLICATE_FIELD" }];
    return notes.some((note) => note.id.value === id) ? [] : [{ field, reason: "NOT_FOUND" }];
  });
}

export interface NotesEdit {
  readonly world: World;
  readonly before: readonly Note[];
  readonly edits: readonly NoteEdit[];
  /** Of the notes that are edited, by place in `edits`. */
  readonly ids: readonly (string | undefined)[];
  /** These become the only notes. */
  readonly replace: boolean;
  readonly by: Who;
}

/** Edited notes keep their place, new ones come last. */
export function editedNotes({ world, before, edits, ids, replace, by }: NotesEdit): Note[] {
  const texts = new Map(
    edits.flatMap(({ text }, at) => (ids[at] === undefined ? [] : [[ids[at], storedOf(text)] as const])),
  );
  const stayed = before.flatMap((note) => {
    const text = texts.get(note.id.value);
    if (text === undefined) return replace ? [] : [note];
    // A note that is sent back unchanged keeps its author and time.
    if (text === note.text) return [note];
    return [{ id: note.id, text, by: authorOf(by), time: newTime() }];
  });
  const added = edits.flatMap(({ text }, at) => (ids[at] === undefined ? [text] : []));
  return [...stayed, ...newNotes(world, added, by)];
}

export interface AddressEdit {
  readonly world: World;
  readonly before: readonly Address[];
  /** Without an id it sets the primary one, or adds a secondary one; none at all takes the primary one away. */
  readonly edit: { readonly input: AddressInput; readonly id: string | undefined } | undefined;
  /** Under a mask an address is written as a whole; without one, what is not sent stays. */
  readonly replace: boolean;
}

export function editedAddresses({ world, before, edit, replace }: AddressEdit): Address[] {
  const primary = before.find(({ type }) => type === "PRIMARY");
  if (!edit) return before.filter((address) => address !== primary);
  const { input, id } = edit;
  const target =
    id === undefined ? (input.isSecondary ? undefined : primary) : before.find((one) => one.id.value === id);
  const type = input.isSecondary ? ("SECONDARY" as const) : ("PRIMARY" as const);
  if (!target)
    return id === undefined ? [...before, { id: newId(world, "addr_"), type, lines: linesOf(input) }] : [...before];
  return before.map((one) => (one === target ? { id: one.id, ...editedAddress(one, input, replace) } : one));
}

/** A type that is not sent stays in any case. */
export function editedAddress(
  before: Omit<Address, "id"> | undefined,
  input: AddressInput,
  replace: boolean,
): Omit<Address, "id"> {
  const lines = before && !replace ? { ...before.lines, ...input.lines } : linesOf(input);
  return { type: input.isSecondary ? "SECONDARY" : (before?.type ?? "PRIMARY"), lines };
}
