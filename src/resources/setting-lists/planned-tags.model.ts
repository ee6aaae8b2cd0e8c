import { idPrefixes, newId } from "../../core/ids.js";
import { type Tag, type TagReference, type TagResolution, tagKey } from "./tag.model.js";
import { inRequestOrder, type KnownTag, matchTags, type NamedTag, type PlacedTag } from "./tag-match.model.js";

/** The tags of a change that is planned and not stored. Those that do not exist yet have provisional ids. */
export interface PlannedTags {
  /** Finds the tags of a request, and notes those to create. */
  resolve(
    references: readonly TagReference[],
    mayCreate: boolean,
  ): Promise<TagResolution & { readonly tags: readonly Tag[] }>;
  /** The tags to create, by the provisional id of each. */
  readonly created: ReadonlyMap<string, NamedTag>;
}

/** @param carried ids of the tags that the record has */
export function planTags(known: readonly KnownTag[], carried: readonly string[]): PlannedTags {
  const created = new Map<string, NamedTag>();
  return {
    created,
    async resolve(references, mayCreate) {
      const { found, creations, resolution } = matchTags(references, known, { carried, mayCreate });
      const placed = creations.map((named): PlacedTag => {
        const id = newId(idPrefixes.tag);
        created.set(id, named);
        const unsaved = { group: "", archived: false, lastUpdatedBy: "", lastUpdatedTime: new Date(0) };
        return { position: named.position, tag: { id, name: named.name, ...unsaved } };
      });
      return { ...resolution, tags: inRequestOrder([...found, ...placed]) };
    },
  };
}

/**
 * The tags of a plan with the ids of those that were created.
 *
 * @param tagIds by the keys of their names
 */
export function withStoredIds(
  tags: readonly Tag[],
  created: PlannedTags["created"],
  tagIds: ReadonlyMap<string, string>,
): readonly Tag[] {
  return tags.map((tag) => {
    const named = created.get(tag.id);
    return named ? { ...tag, id: tagIds.get(tagKey(named.name)) ?? tag.id } : tag;
  });
}
