import { companyLimitReached } from "../../core/company-limits.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { recordChanges, withoutAddress } from "../../db/audit-log.js";
import { textsJson } from "../../db/nested-rows.js";
import { toDate } from "../../db/timestamp.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { TagModel } from "../../gen/prisma/models.js";
import {
  distinctTags,
  maxTagsPerCustomer,
  type Tag,
  type TagReference,
  type TagResolution,
  tagKey,
} from "./tag.model.js";
import { inRequestOrder, type KnownTag, matchTags, type NamedTag, type PlacedTag } from "./tag-match.model.js";

export interface TagSearch {
  readonly companyId: string;
  readonly references: readonly TagReference[];
  /** Ids of tags that may be archived, because the customer already has them. */
  readonly carried: readonly string[];
  /** Whether tags with a new name may be created. */
  readonly mayCreate: boolean;
  readonly maxTags: number;
  readonly now: Date;
  readonly write: WriteContext;
}

/** Resolves the tags of a request, in its order. Creates those whose name does not exist. */
export async function resolveTags(
  tx: Prisma.TransactionClient,
  { companyId, references, carried, mayCreate, maxTags, now, write }: TagSearch,
): Promise<TagResolution & { readonly tags: readonly Tag[] }> {
  const asked = await findTags(tx, companyId, references);
  const { found, creations, resolution } = matchTags(references, asked, { carried, mayCreate });
  // In the order of the keys, so that concurrent creates of the same tags cannot deadlock.
  const created = await takeTags(tx, creations, { companyId, maxTags, now, write });
  return { ...resolution, tags: inRequestOrder([...found, ...created]) };
}

/** The tags of the company that the references mean. */
export async function findTags(
  tx: Prisma.TransactionClient,
  companyId: string,
  references: readonly TagReference[],
): Promise<readonly KnownTag[]> {
  const wanted = distinctTags(references);
  if (wanted.length === 0) return [];
  const ids = wanted.flatMap(({ reference }) => ("id" in reference ? [reference.id] : []));
  const keys = wanted.flatMap(({ reference }) => ("name" in reference ? [tagKey(reference.name)] : []));
  const known = await tx.tag.findMany({
    where: { companyId, OR: [{ id: { in: ids } }, { nameKey: { in: keys } }] },
  });
  return known.map((tag) => ({ ...fromRow(tag), nameKey: tag.nameKey }));
}

/** How many more tags the company may have. Until the transaction ends, no other one creates a tag. */
export async function tagRoom(tx: Prisma.TransactionClient, companyId: string, maxTags: number): Promise<number> {
  const [space] = await tx.$queryRaw<{ room: bigint }[]>`SELECT tag_room(${companyId}, ${maxTags}::bigint) AS room`;
  return Number(space?.room ?? 0);
}

type TagCreation = Pick<TagSearch, "companyId" | "maxTags" | "now" | "write">;

/** New tags are appended. Concurrent creates may use the same position; the tags are then ordered by name. */
async function lastPlace(tx: Prisma.TransactionClient, companyId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ place: number }[]>`
    SELECT ${Prisma.raw(lastTagOrderSql("t.id"))} AS place FROM (VALUES (${companyId})) AS t (id)`;
  return row?.place ?? 0;
}

/** Creates the tags in one statement, and locks those that a concurrent create has just inserted. */
export async function takeTags(
  tx: Prisma.TransactionClient,
  names: readonly NamedTag[],
  { companyId, maxTags, now, write }: TagCreation,
): Promise<readonly PlacedTag[]> {
  if (names.length === 0) return [];
  const room = await tagRoom(tx, companyId, maxTags);
  const last = await lastPlace(tx, companyId);
  const inCallOrder = names.map(({ position }) => position).toSorted((a, b) => a - b);
  const stamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime: now };
  const data = names.map(({ position, name }) => ({
    ...{ companyId, id: newId(idPrefixes.tag), name, nameKey: tagKey(name) },
    ...{ displayOrder: last + inCallOrder.indexOf(position) + 1, ...stamp },
  }));
  const created = await tx.tag.createManyAndReturn({ data, skipDuplicates: true });
  if (created.length > room) throw companyLimitReached({ companyId, name: "MAX_TAGS", limit: maxTags });
  const changes = created.map(({ id }) => ({
    companyId,
    kind: "tag" as const,
    id,
    version: 1n,
    time: now,
    fields: [],
  }));
  if (changes.length > 0) await recordChanges(tx, withoutAddress(write), changes);
  const nameKeys = data.map(({ nameKey }) => nameKey);
  // A separate statement, which sees what was committed while the first one waited.
  const all =
    created.length === data.length
      ? created
      : await tx.tag.findMany({ where: { companyId, nameKey: { in: nameKeys } } });
  return names.map(({ position, name }) => {
    const tag = all.find(({ nameKey }) => nameKey === tagKey(name));
    if (!tag) throw new Error("unexpected missing tag after insert conflict");
    return { position, tag: fromRow(tag) };
  });
}

/** The tags with these ids. */
export async function readTags(
  tx: Prisma.TransactionClient,
  { companyId, ids }: { readonly companyId: string; readonly ids: readonly string[] },
): Promise<Tag[]> {
  return (await tx.tag.findMany({ where: { companyId, id: { in: [...ids] } } })).map(fromRow);
}

function fromRow(row: TagModel): Tag {
  return {
    id: row.id,
    name: row.name,
    group: row.groupName,
    archived: row.archivedTime !== null,
    lastUpdatedBy: row.lastUpdatedBy,
    lastUpdatedTime: row.lastUpdatedTime,
  };
}

/** A tag as built by `tagJson`. */
export interface TagJson {
  readonly id: string;
  readonly name: string;
  readonly group_name: string;
  readonly archived_time: string | null;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
}

/** JSON of `tag AS t`. */
export const tagJson = textsJson({
  ...{ id: "t.id", name: "t.name", group_name: "t.group_name", archived_time: "t.archived_time::text" },
  ...{ last_updated_by: "t.last_updated_by", last_updated_time: "t.last_updated_time::text" },
});

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
    archived: json.archived_time !== null,
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: toDate(json.last_updated_time),
  };
}
