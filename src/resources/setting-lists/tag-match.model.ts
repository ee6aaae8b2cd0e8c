import {
  distinctTags,
  type PositionedTag,
  type Tag,
  type TagReference,
  type TagResolution,
  tagKey,
} from "./tag.model.js";

/** A tag of the company that a request may refer to. */
export interface KnownTag extends Tag {
  readonly nameKey: string;
}

export interface PlacedTag {
  /** Position in the request. */
  readonly position: number;
  readonly tag: Tag;
}

export interface NamedTag {
  /** Position in the request. */
  readonly position: number;
  readonly name: string;
}

interface TagMatch {
  readonly found: readonly PlacedTag[];
  /** The tags to create, in the order of their keys. Empty if the request is refused. */
  readonly creations: readonly NamedTag[];
  readonly resolution: TagResolution;
}

interface TagRules {
  /** Ids of tags that may be archived, because the record already has them. */
  readonly carried: readonly string[];
  /** Whether tags with a new name may be created. */
  readonly mayCreate: boolean;
}

/** Finds the tags of a request among those of the company. */
export function matchTags(
  references: readonly TagReference[],
  known: readonly KnownTag[],
  { carried, mayCreate }: TagRules,
): TagMatch {
  const find = ({ reference }: PositionedTag) =>
    known.find((tag) => ("id" in reference ? tag.id === reference.id : tag.nameKey === tagKey(reference.name)));
  const found: PlacedTag[] = [];
  const unknown: number[] = [];
  const archived: number[] = [];
  const missing: NamedTag[] = [];
  for (const one of distinctTags(references)) {
    const tag = find(one);
    if (tag?.archived && !carried.includes(tag.id)) archived.push(one.position);
    else if (tag) found.push({ position: one.position, tag });
    else if ("id" in one.reference) unknown.push(one.position);
    else missing.push({ position: one.position, name: one.reference.name });
  }
  const refused = unknown.length + archived.length > 0 || !mayCreate;
  return {
    found,
    creations: refused ? [] : missing,
    resolution: {
      unknownPositions: unknown,
      archivedPositions: archived,
      forbiddenPositions: mayCreate ? [] : missing.map(({ position }) => position),
    },
  };
}

/** The tags in the order of the request, each once. */
export function inRequestOrder(placed: readonly PlacedTag[]): readonly Tag[] {
  const ordered = placed.toSorted((a, b) => a.position - b.position).map(({ tag }) => tag);
  return [...new Map(ordered.map((tag) => [tag.id, tag])).values()];
}
