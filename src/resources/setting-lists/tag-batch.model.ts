import { companyLimitReached } from "../../core/company-limits.js";
import type { DomainError } from "../../core/errors.js";
import { type Tag, type TagReference, tagKey } from "./tag.model.js";
import { inRequestOrder, type KnownTag, type NamedTag, type PlacedTag } from "./tag-match.model.js";

/** An item of a batch with the tags of the company that it refers to, and those that are to be created. */
export interface TaggedItem {
  readonly position: number;
  readonly found: readonly PlacedTag[];
  readonly creations: readonly NamedTag[];
}

/** What a batch within its transaction needs for tags. */
export interface TagUnit {
  readonly maxTags: number;
  /** How many more tags the company may have. */
  tagRoom(): Promise<number>;
  createTags(names: readonly NamedTag[]): Promise<readonly Tag[]>;
}

interface Limiting {
  readonly companyId: string;
  readonly refused: Map<number, DomainError>;
}

/** The tags of the company by what a request refers to. */
export function tagIndex(known: readonly KnownTag[]) {
  const byId = new Map(known.map((tag) => [tag.id, tag]));
  const byKey = new Map(known.map((tag) => [tag.nameKey, tag]));
  return {
    of: (references: readonly TagReference[]): readonly KnownTag[] =>
      references.flatMap((one) => ("id" in one ? byId.get(one.id) : byKey.get(tagKey(one.name))) ?? []),
  };
}

/** The items for whose new tags the company has room. A new tag of several items counts once. */
export async function withinTagLimit<Item extends TaggedItem>(
  unit: TagUnit,
  items: readonly Item[],
  { companyId, refused }: Limiting,
): Promise<readonly Item[]> {
  if (items.every(({ creations }) => creations.length === 0)) return items;
  let room = await unit.tagRoom();
  const counted = new Set<string>();
  return items.filter(({ position, creations }) => {
    const added = creations.map(({ name }) => tagKey(name)).filter((key) => !counted.has(key));
    if (added.length > room) {
      refused.set(position, companyLimitReached({ companyId, name: "MAX_TAGS", limit: unit.maxTags }));
      return false;
    }
    room -= added.length;
    for (const key of added) counted.add(key);
    return true;
  });
}

/** Creates the tags that the items need, and returns them by the keys of their names. */
export async function createdTags(unit: TagUnit, items: readonly TaggedItem[]): Promise<ReadonlyMap<string, Tag>> {
  const names = new Map<string, NamedTag>();
  for (const { name } of items.flatMap(({ creations }) => creations))
    if (!names.has(tagKey(name))) names.set(tagKey(name), { name, position: names.size });
  if (names.size === 0) return new Map();
  // In the order of the keys, so that concurrent creates of the same tags cannot deadlock.
  const ordered = [...names].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const created = await unit.createTags(ordered.map(([, named]) => named));
  return new Map(ordered.flatMap(([key], index) => (created[index] ? [[key, created[index]]] : [])));
}

export function tagsOf({ found, creations }: TaggedItem, created: ReadonlyMap<string, Tag>): readonly Tag[] {
  const made = creations.flatMap(({ position, name }): PlacedTag[] => {
    const tag = created.get(tagKey(name));
    return tag ? [{ position, tag }] : [];
  });
  return inRequestOrder([...found, ...made]);
}
