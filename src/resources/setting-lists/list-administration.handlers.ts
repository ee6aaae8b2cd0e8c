import type { Message } from "@bufbuild/protobuf";
import type { z } from "zod";
import { omitUndefined } from "../../api/fields.js";
import { archiving, rpc } from "../../api/rpc.js";
import type { CompanyResource } from "../../core/company-resource.js";
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

/** The handler that lists the entries. */
export function listing<Entry extends SettingEntry, Content, All>(
  list: Pick<SettingList<Entry, Content>, "list">,
  respond: (entries: readonly Entry[]) => All,
) {
  return rpc<Message, z.output<typeof settingListRequest>, All>(
    settingListRequest,
    async (query, { principal, signal }) => respond(await list.list(query, principal, signal)),
  );
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

    update: <Change extends object>(
      schema: z.ZodType<CompanyResource & Change>,
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
