import type { z } from "zod";
import { companyResourceSchema, omitUndefined } from "../../api/fields.js";
import { rpc } from "../../api/rpc.js";
import { newOrder } from "./setting.input.js";
import type { SettingEntry } from "./setting.model.js";
import type { SettingList } from "./setting-list.service.js";

interface NewName {
  readonly companyId: string;
  readonly id?: string | undefined;
}

interface Name {
  readonly companyId: string;
  readonly id: string;
}

/** Builds the responses with one entry and with all entries. */
interface Responses<Entry, One, All> {
  one(entry: Entry): One;
  all(entries: readonly Entry[]): All;
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
      schema: z.ZodType<Name & Change>,
      toContent: (entry: Entry, change: Change) => Content,
    ) =>
      rpc(schema, async (input, { principal, write }) => {
        const { companyId, id } = input;
        const change = (entry: Entry) => toContent(entry, contentOf(input));
        return one(await list.update({ companyId, id, change }, principal, write));
      }),

    reorder: rpc(newOrder, async (order, { principal, write }) => all(await list.reorder(order, principal, write))),

    archive: rpc(companyResourceSchema, async (target, { principal, write }) =>
      one(await list.archive(target, principal, write)),
    ),

    restore: rpc(companyResourceSchema, async (target, { principal, write }) =>
      one(await list.restore(target, principal, write)),
    ),
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
