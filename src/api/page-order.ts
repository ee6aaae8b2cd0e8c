import { type Cursor, nameCursor } from "../core/page.js";

/** Lists by name. */
export function nameCursorOf({ id, name }: { readonly id: string; readonly name: string }): Cursor {
  return nameCursor(id, name);
}

/** Lists of people by their first, then their last name. */
export function personNameCursorOf(person: {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}): Cursor {
  return nameCursor(person.id, person.firstName, person.lastName);
}

/** Lists by the time of creation. */
export function createdCursorOf({ createdTime, id }: { readonly createdTime: Date; readonly id: string }): Cursor {
  return { time: createdTime, id };
}

/** Lists that are asked for changes. */
export function updatedCursorOf({
  lastUpdatedTime,
  id,
}: {
  readonly lastUpdatedTime: Date;
  readonly id: string;
}): Cursor {
  return { time: lastUpdatedTime, id };
}
