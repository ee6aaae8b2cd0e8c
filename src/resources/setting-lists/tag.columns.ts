import { maxTagsPerCustomer, type Tag } from "./tag.model.js";

/** A tag as built by `tagJson`. */
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

/**
 * The last position in the display order of the company's tags, 0 if there is none. Leaves room in the column for all
 * tags that one request can create.
 *
 * @param company SQL of the company's id
 */
export function lastTagOrderSql(company: string): string {
  return `(SELECT least(coalesce(max(display_order), 0), ${2 ** 31 - 1 - maxTagsPerCustomer}) FROM tag
    WHERE company_id = ${company})`;
}

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
