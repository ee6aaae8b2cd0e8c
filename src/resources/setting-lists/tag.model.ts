import { notFoundInCompany, type Violation } from "../../core/errors.js";
import { foldCase } from "../../core/text.js";

export interface Tag {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly archived: boolean;
  /** Staff id. Empty if no staff member made the change. */
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}

/** A tag in a request: an existing one by id, or any one by name. A name that does not exist is created. */
export type TagReference = { readonly id: string } | { readonly name: string };

/** Maximum number of tags per customer. */
export const maxTagsPerCustomer = 50;

/** The key for finding a tag of a company by name. Names with the same key are the same tag. */
export function tagKey(name: string): string {
  return foldCase(name);
}

/**
 * Removes duplicates, by id or by key of the name. Names are ordered by key, so that concurrent writes lock tags in the
 * same order.
 *
 * @returns each reference with its position in the request
 */
export function distinctTags(references: readonly TagReference[]): readonly PositionedTag[] {
  const distinct = new Map<string, PositionedTag>();
  references.forEach((reference, position) => {
    const key = "id" in reference ? `id:${reference.id}` : `name:${tagKey(reference.name)}`;
    if (!distinct.has(key)) distinct.set(key, { reference, position, key });
  });
  return [...distinct.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export interface PositionedTag {
  readonly reference: TagReference;
  /** Starting at 0. */
  readonly position: number;
  readonly key: string;
}

/** The results for the tag references of a request, by position. */
export interface TagResolution {
  readonly unknownPositions: readonly number[];
  readonly archivedPositions: readonly number[];
  /** Names without a tag that the principal cannot create. */
  readonly forbiddenPositions: readonly number[];
}

/** Violations at `tags[n].id` or `tags[n].name`. */
export function tagViolations(references: readonly TagReference[], resolution: TagResolution): Violation[] {
  const path = (position: number): string => {
    const reference = references[position];
    return `tags[${position}].${reference && "id" in reference ? "id" : "name"}`;
  };
  return [
    ...resolution.unknownPositions.map((position) => ({
      field: path(position),
      reason: "NOT_FOUND" as const,
      description: notFoundInCompany,
    })),
    ...resolution.archivedPositions.map((position) => ({
      field: path(position),
      reason: "ARCHIVED" as const,
      description: "Must not be archived.",
    })),
  ];
}
