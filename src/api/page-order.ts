import { type Cursor, nameCursor } from "../core/page.js";

/** For lists ordered by name. */
export function nameCursorOf({ id, name }: { readonly id: string; readonly name: string }): Cursor {
  return nameCursor(id, name);
}

/** For lists of people, ordered by first name, then last name. */
export function personNameCursorOf(person: {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}): Cursor {
  return nameCursor(person.id, person.firstName, person.lastName);
}

/** For lists ordered by creation time. */
export function createdCursorOf({ createdTime, id }: { readonly createdTime: Date; readonly id: string }): Cursor {
  return { time: createdTime, id };
}

/** For lists ordered by update time, which clients use for incremental sync. */
export function updatedCursorOf({
  lastUpdatedTime,
  id,
}: {
  readonly lastUpdatedTime: Date;
  readonly id: string;
}): Cursor {
  return { time: lastUpdatedTime, id };
}

/** Lists by the time of creation that turn to the time of the last change when the filter asks for changes. */
export function createdOrUpdatedCursorOf(
  row: { readonly createdTime: Date; readonly lastUpdatedTime: Date; readonly id: string },
  { filter }: { readonly filter?: { readonly lastUpdated?: unknown } | undefined },
): Cursor {
  return filter?.lastUpdated ? updatedCursorOf(row) : createdCursorOf(row);
}
