import type { Cursor } from "../domain/page.js";

/** Lists by name: the cursor is the id alone, and its row's name is looked up. */
export function byName({ id }: { readonly id: string }): Cursor {
  return { id };
}

/** Lists by the time of creation. */
export function byCreation({ createdTime, id }: { readonly createdTime: Date; readonly id: string }): Cursor {
  return { time: createdTime, id };
}

/** Lists that go by the last change when they are asked for changes, and else by the creation. */
export function byChange({ lastUpdatedTime, id }: { readonly lastUpdatedTime: Date; readonly id: string }): Cursor {
  return { time: lastUpdatedTime, id };
}
