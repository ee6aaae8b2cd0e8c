import type { Message } from "@bufbuild/protobuf";
import type { z } from "zod";
import { omitUndefined } from "../../api/fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { archiving, type Context, type Input, readInput, rpc } from "../../api/rpc.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { type Cursor, nameCursor, type Page, pageTokenInvalid } from "../../core/page.js";
import type { Pagination } from "../../gen/proto/moego/common/v1/pagination_pb.js";
import { newOrder, settingListRequest } from "./setting.input.js";
import type { SettingEntry } from "./setting.model.js";
import type { SettingList } from "./setting-list.service.js";

interface NewName {
  readonly companyId: string;
  readonly id?: string | undefined;
}

/** Builds the responses with one entry and with all entries. */
interface Responses<Entry, One, All> {
  one(entry: Entry): One;
  all(entries: readonly Entry[]): All;
}

type ListRequest = Message & { readonly pagination?: Pagination | undefined };

/** The handler that lists the entries. */
export function listing<Entry extends SettingEntry, Content, All>(
  pageTokens: PageTokens,
  list: Pick<SettingList<Entry, Content>, "list">,
  respond: (entries: readonly Entry[], nextPageToken: string) => All,
) {
  return wholeOrPaged<z.output<typeof settingListRequest>, Entry, All>(
    pageTokens,
    settingListRequest,
    (query, { principal, signal }) => list.list(query, principal, signal),
    respond,
  );
}

/** A handler of a short list, which is read as a whole: it is returned as a whole too, unless a page is requested. */
export function wholeOrPaged<Query, Entry extends SettingEntry, All>(
  pageTokens: PageTokens,
  schema: z.ZodType<Query>,
  find: (query: Query, context: Context) => Promise<readonly Entry[]>,
  respond: (entries: readonly Entry[], nextPageToken: string) => All,
) {
  return async (request: ListRequest, context: Context): Promise<All> => {
    const query = await readInput(schema, request, context);
    const page = pageTokens.openWhole(request, context);
    const entries = await find(query, context);
    const rows = entries.slice(startOf(entries, page));
    const closed = await page.close(rows, ({ id }) => cursorAt(entries, id));
    return respond(closed.rows, closed.nextPageToken);
  };
}

/** The cursor contains all entries up to its own: the order has no other key that a token could hold. */
function cursorAt(entries: readonly SettingEntry[], id: string): Cursor {
  const ids = entries.map((entry) => entry.id);
  return nameCursor(id, ...ids.slice(0, ids.indexOf(id) + 1));
}

/** Throws PAGE_TOKEN_INVALID if the order before the page has changed: an entry could be missed. */
function startOf(entries: readonly SettingEntry[], { after, offset }: Page): number {
  if (!after) return offset;
  if (cursorAt(entries, after.id).nameHash !== after.nameHash)
    throw pageTokenInvalid("The entries before this page have changed. Restart pagination without a token.");
  return entries.findIndex(({ id }) => id === after.id) + 1;
}

/**
 * The handlers that all settings lists have in common: create, update, reorder, archive and restore.
 *
 * `create` and `update` are the schemas of the requests. Their fields apart from company and id are the content. An
 * update leaves absent content unchanged, unless `toContent` decides otherwise.
 */
export function listAdministration<Entry extends SettingEntry, Content extends object, One, All>(
  list: SettingList<Entry, Content>,
  { one, all }: Responses<Entry, One, All>,
) {
  return {
    create: (schema: z.ZodType<NewName & Content>) =>
      rpc(schema, async (input, { principal, write }) => {
        const { companyId, id } = input;
        return one(await list.create({ companyId, id, content: contentOf(input) }, principal, write));
      }),

    update: <Change extends object, Request extends Message = Message>(
      schema: Input<Request, CompanyResource & Change>,
      toContent: (entry: Entry, change: Change) => Content,
    ) =>
      rpc(schema, async (input, { principal, write }) => {
        const { companyId, id } = input;
        const change = (entry: Entry) => toContent(entry, contentOf(input));
        return one(await list.update({ companyId, id, change }, principal, write));
      }),

    reorder: rpc(newOrder, async (order, { principal, write }) => all(await list.reorder(order, principal, write))),

    ...archiving(list, one),
  };
}

/** The content after an update that leaves absent fields unchanged. */
export function merged<Entry extends object, Change extends object>(entry: Entry, change: Change) {
  return { ...entry, ...omitUndefined(change) };
}

function contentOf<Content extends object>(input: NewName & Content): Content;
function contentOf({ companyId: _, id: __, ...content }: NewName): object {
  return content;
}
