import type { Tag } from "../domain/tags.js";

/** A tag as `tagJson` builds it. */
export interface TagJson {
  readonly id: string;
  readonly name: string;
  readonly group_name: string;
  readonly archived: boolean;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
}

/** JSON of `tag AS t`. */
export const tagJson = `json_build_object('id', t.id, 'name', t.name, 'group_name', t.group_name,
  'archived', t.archived_time IS NOT NULL, 'last_updated_by', t.last_updated_by, 'last_updated_time', t.last_updated_time)`;

export function toTag(json: TagJson): Tag {
  return {
    id: json.id,
    name: json.name,
    group: json.group_name,
    archived: json.archived,
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: new Date(json.last_updated_time),
  };
}
