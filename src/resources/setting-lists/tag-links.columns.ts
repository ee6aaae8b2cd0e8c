import { idPrefixes, newId } from "../../core/ids.js";
import { distinctTags, type TagReference, type TagResolution, tagKey } from "./tag.model.js";
import { lastTagOrderSql } from "./tag.repository.js";

/**
 * The tags of a statement that creates a customer or a lead. `wanted` has what the request refers to. `valid` is a
 * common table expression of the statement, empty if nothing may be stored; `fitting` is also empty if the company has
 * no room for the new tags.
 *
 * A tag that a concurrent create has inserted is locked by an update without effect. The update must not touch a column
 * with a unique index, otherwise it would wait for transactions that link the tag.
 */
export const tagLinks = {
  wanted: `wanted AS MATERIALIZED (
  SELECT w.position, w.name, w.name_key, w.new_id, t.id, t.archived_time IS NOT NULL AS archived, w.asked_id IS NULL AS by_name
  FROM unnest(:tagIds::text[], :tagNames::text[], :tagKeys::text[], :newTagIds::text[], :tagPositions::int[]) AS w (asked_id, name, name_key, new_id, position)
  LEFT JOIN tag t ON t.company_id = :companyId AND (t.id = w.asked_id OR t.name_key = w.name_key))`,

  /** Condition of `valid`. */
  areValid: `NOT EXISTS (SELECT 1 FROM wanted WHERE archived OR (id IS NULL AND NOT (by_name AND :mayCreateTags::boolean)))`,

  fitting: `room AS MATERIALIZED (
  SELECT tag_room(:companyId, :maxTags::bigint) AS tags FROM valid WHERE EXISTS (SELECT 1 FROM wanted WHERE id IS NULL)),
fitting AS MATERIALIZED (
  SELECT 1 FROM valid WHERE (SELECT count(*) FROM wanted WHERE id IS NULL) <= coalesce((SELECT tags FROM room), 0))`,

  /** @param created alias of the created row */
  linked: (kind: "customer" | "lead", created: string) => `created_tag AS (
  INSERT INTO tag (company_id, id, name, name_key, display_order, last_updated_by, last_updated_time)
  SELECT :companyId, w.new_id, w.name, w.name_key, ${lastTagOrderSql(":companyId")} + row_number() OVER (ORDER BY w.position),
    :author, ${created}.created_time FROM ${created}, wanted w WHERE w.id IS NULL ORDER BY w.name_key COLLATE "C"
  ON CONFLICT (company_id, name_key) DO UPDATE SET display_order = tag.display_order
  RETURNING *, xmax = 0 AS inserted),
carried AS MATERIALIZED (SELECT id FROM wanted WHERE id IS NOT NULL UNION SELECT id FROM created_tag),
linked AS (
  INSERT INTO ${kind}_tag (company_id, ${kind}_id, tag_id) SELECT :companyId, :id, carried.id FROM ${created}, carried RETURNING 1)`,

  /** Rows of `change` of the created tags. */
  changes: `SELECT :companyId, 'tag', t.id, 1, :rpc, :keyId, :author, :requestId, t.last_updated_time, '{}', NULL, '' FROM created_tag t WHERE inserted`,

  /** The columns of `TagFaults`. */
  faults: `ARRAY(SELECT position FROM wanted WHERE id IS NULL AND NOT by_name ORDER BY position) AS unknown_tags,
  ARRAY(SELECT position FROM wanted WHERE archived ORDER BY position) AS archived_tags,
  ARRAY(SELECT position FROM wanted WHERE id IS NULL AND by_name AND NOT :mayCreateTags::boolean ORDER BY position) AS forbidden_tags,
  EXISTS (SELECT 1 FROM valid) AND NOT EXISTS (SELECT 1 FROM fitting) AS lacks_tag_room`,
} as const;

/** What keeps the tags of a request from being stored. */
export interface TagFaults {
  readonly unknown_tags: readonly number[];
  readonly archived_tags: readonly number[];
  readonly forbidden_tags: readonly number[];
  /** Whether the company has no room for the new tags. */
  readonly lacks_tag_room: boolean;
}

export function toTagResolution(row: TagFaults): TagResolution {
  return {
    unknownPositions: row.unknown_tags,
    archivedPositions: row.archived_tags,
    forbiddenPositions: row.forbidden_tags,
  };
}

export type TagParameters = ReturnType<typeof tagParameters>;

export function tagParameters(
  references: readonly TagReference[],
  { mayCreateTags, maxTags }: { readonly mayCreateTags: boolean; readonly maxTags: number },
) {
  const tags = distinctTags(references);
  return {
    tagIds: tags.map(({ reference }) => ("id" in reference ? reference.id : null)),
    tagNames: tags.map(({ reference }) => ("name" in reference ? reference.name : null)),
    tagKeys: tags.map(({ reference }) => ("name" in reference ? tagKey(reference.name) : null)),
    newTagIds: tags.map(({ reference }) => ("name" in reference ? newId(idPrefixes.tag) : null)),
    tagPositions: tags.map(({ position }) => position),
    ...{ mayCreateTags, maxTags },
  };
}
