import { companyLimitReached } from "../../core/company-limits.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { type Tag, type TagReference, type TagResolution, tagKey } from "./tag.model.js";
import { lastTagOrderSql, type TagJson, tagJson, toTag } from "./tag.repository.js";
import { inRequestOrder, matchTags } from "./tag-match.model.js";

/** What the read of a guarded write finds for the tags of a request. */
export interface AskedTagsRow {
  readonly asked_tags: readonly AskedTagJson[] | null;
  /** How many tags the company has room for. Null if the request names no unknown one. */
  readonly tag_room: number | null;
}

interface AskedTagJson extends TagJson {
  readonly name_key: string;
}

export function askedTagParameters(references: readonly TagReference[]) {
  return {
    tagIds: references.flatMap((reference) => ("id" in reference ? [reference.id] : [])),
    tagKeys: references.flatMap((reference) => ("name" in reference ? [tagKey(reference.name)] : [])),
  };
}

/**
 * The columns of `AskedTagsRow`. The room is only a first look, without the lock of `tag_room`.
 *
 * @param company SQL of the company's id
 */
export function askedTagsSql(company: string): string {
  return `CASE WHEN cardinality(:tagIds::text[]) + cardinality(:tagKeys::text[]) > 0 THEN (
    SELECT json_agg(${tagJson}::jsonb || jsonb_build_object('name_key', t.name_key)) FROM tag t
    WHERE t.company_id = ${company} AND (t.id = ANY(:tagIds::text[]) OR t.name_key = ANY(:tagKeys::text[]))) END AS asked_tags,
  CASE WHEN EXISTS (SELECT 1 FROM unnest(:tagKeys::text[]) AS w (name_key)
      WHERE NOT EXISTS (SELECT 1 FROM tag t WHERE t.company_id = ${company} AND t.name_key = w.name_key)) THEN (
    SELECT least(:maxTags::bigint - count(*) FILTER (WHERE t.archived_time IS NULL), 4 * :maxTags::bigint - count(*))::float8
    FROM tag t WHERE t.company_id = ${company}) END AS tag_room`;
}

/** A tag to create. */
export interface NewTag {
  readonly id: string;
  readonly name: string;
  readonly name_key: string;
  /** Position in the request. */
  readonly position: number;
}

interface TagQuestion {
  readonly companyId: string;
  readonly references: readonly TagReference[];
  /** Ids of tags that may be archived, because the record already has them. */
  readonly carried: readonly string[];
  readonly mayCreate: boolean;
  readonly maxTags: number;
  /** The staff member who makes the change. */
  readonly author: string;
}

interface JudgedTags {
  readonly resolution: TagResolution;
  /** In the order of the request, with those to create. */
  readonly tags: readonly Tag[];
  readonly created: readonly NewTag[];
}

/** Finds the tags of a request among those that were read. Throws COMPANY_LIMIT_REACHED. */
export function judgeTags(
  { asked_tags: asked, tag_room: room }: AskedTagsRow,
  { companyId, references, carried, mayCreate, maxTags, author }: TagQuestion,
): JudgedTags {
  const known = asked?.map((json) => ({ ...toTag(json), nameKey: json.name_key })) ?? [];
  const { found, creations, resolution } = matchTags(references, known, { carried, mayCreate });
  if (creations.length > (room ?? 0)) throw companyLimitReached({ companyId, name: "MAX_TAGS", limit: maxTags });
  const created = creations.map(({ position, name }) => ({
    ...{ id: newId(idPrefixes.tag), name, name_key: tagKey(name), position },
  }));
  // The stored tag is read with the response.
  const unsaved = { group: "", archived: false, lastUpdatedBy: author, lastUpdatedTime: new Date(0) };
  const placed = created.map(({ id, name, position }) => ({ position, tag: { id, name, ...unsaved } }));
  return { resolution, created, tags: inRequestOrder([...found, ...placed]) };
}

/**
 * Of a guarded write: `fitting` has a row if the company has room for `:newTags`, a JSON list of `NewTag`.
 *
 * @param admitted the common table expression that has a row if the change is made
 */
export function tagRoomSql(admitted: string): string {
  return `room AS MATERIALIZED (
  SELECT tag_room(:companyId, :maxTags::bigint) AS tags FROM ${admitted} WHERE jsonb_array_length(:newTags::jsonb) > 0),
fitting AS MATERIALIZED (
  SELECT 1 FROM ${admitted} WHERE jsonb_array_length(:newTags::jsonb) <= coalesce((SELECT tags FROM room), 0))`;
}

/**
 * Creates `:newTags`, and gives the tags `:addedTagIds` to the record and takes `:droppedTagIds`. A name that another
 * request has just created violates the key of the names: the guarded write then begins again.
 */
export function changeTagsSql(kind: "customer" | "lead"): string {
  return `new_tag AS (
  INSERT INTO tag (company_id, id, name, name_key, display_order, last_updated_by, last_updated_time)
  SELECT :companyId, w.id, w.name, w.name_key, ${lastTagOrderSql(":companyId")} + row_number() OVER (ORDER BY w.position),
    :author, stamp.now
  FROM changed, stamp, jsonb_to_recordset(:newTags::jsonb) AS w (id text, name text, name_key text, position int)
  ORDER BY w.name_key COLLATE "C" RETURNING *),
tag_audit AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time, changed_fields)
  SELECT :companyId, 'tag', t.id, 1, :rpc, :keyId, :author, :requestId, stamp.now, '{}'::text[] FROM new_tag t, stamp RETURNING 1),
dropped_tag AS (
  DELETE FROM ${kind}_tag t USING changed
  WHERE t.company_id = :companyId AND t.${kind}_id = :id AND t.tag_id = ANY(:droppedTagIds::text[]) RETURNING 1),
added_tag AS (
  INSERT INTO ${kind}_tag (company_id, ${kind}_id, tag_id)
  SELECT :companyId, :id, w.id FROM changed, unnest(:addedTagIds::text[]) AS w (id) RETURNING 1)`;
}

/** JSON of the tags `:tagIds`, the new ones included, in the order of a record. */
export const changedTagsJson = `(SELECT json_agg(x.json ORDER BY x.display_order, x.name, x.id) FROM (
    SELECT ${tagJson} AS json, t.display_order, t.name, t.id FROM tag t WHERE t.company_id = :companyId AND t.id = ANY(:tagIds::text[])
    UNION ALL SELECT ${tagJson}, t.display_order, t.name, t.id FROM new_tag t) x)`;
