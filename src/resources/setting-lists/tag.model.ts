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

/** A tag as a caller names it: an existing one by id, or any by name, which is created when the company lacks it. */
export type TagReference = { readonly id: string } | { readonly name: string };

/** Most tags a customer can carry. */
export const maxTagsPerCustomer = 50;

/** The key by which a company's tag is found by name: two names with one key are one tag. */
export function tagKey(name: string): string {
  return foldCase(name);
}

/**
 * The references without repetitions, by id or by key of the name, those by name in the order of their keys: writers
 * that take the same tags then take them in the same order.
 *
 * @returns each with its position in the call
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
  /** From 0. */
  readonly position: number;
  readonly key: string;
}

/** What became of the references of one call, by position in the call. */
export interface TagResolution {
  readonly unknownPositions: readonly number[];
  readonly archivedPositions: readonly number[];
  /** Names without a tag, which the caller may not create. */
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
