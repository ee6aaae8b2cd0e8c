import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Batch, type BatchItem, type BatchResult, isRefused, pathOfItem } from "../core/batch.js";
import type { DomainError } from "../core/errors.js";
import { mapInSlices } from "../core/slices.js";
import { batchFields } from "./batch-fields.js";
import { countryOf } from "./fields.js";
import type { Context, Parse } from "./rpc.js";

/** Where an item belongs, and how it is read. */
export interface ItemPlace {
  readonly companyId: string;
  /** Of the company, for national phone numbers. */
  readonly country: string;
  readonly context: Context;
  /** Of the item in the request: `items[3]`. */
  readonly path: string;
}

interface BatchReading<ItemMessage, Item> {
  /** Descriptor of the message of an item. */
  readonly schema: DescMessage;
  read(message: ItemMessage, place: ItemPlace): { readonly value: Item } | { readonly refusal: DomainError };
}

interface BatchMessage<ItemMessage> extends Message {
  readonly items: readonly ItemMessage[];
  readonly returnRecords: boolean;
}

interface KeyedItem extends Message {
  readonly idempotencyKey: string;
}

/** A batch, and whether its results contain the records. */
export type CreatedBatch<Item> = Batch<Item> & { readonly returnRecords: boolean };

/** The input of a batch. Items are parsed in slices, because a batch takes long enough to delay others. */
export async function readBatch<ItemMessage extends KeyedItem, Item>(
  request: BatchMessage<ItemMessage>,
  { context, parse }: { readonly context: Context; readonly parse: Parse },
  reading: BatchReading<ItemMessage, Item>,
): Promise<CreatedBatch<Item>> {
  return readItems(request, { context, fields: parse(batchFields<ItemMessage>()) }, reading);
}

interface ParsedBatch {
  readonly context: Context;
  /** The fields beside the items. */
  readonly fields: Pick<Batch<unknown>, "companyId" | "mode">;
}

/** A batch whose other fields are parsed. */
export async function readItems<ItemMessage extends KeyedItem, Item>(
  request: BatchMessage<ItemMessage>,
  { context, fields: { companyId, mode } }: ParsedBatch,
  { schema, read }: BatchReading<ItemMessage, Item>,
): Promise<CreatedBatch<Item>> {
  const country = countryOf(context.principal, companyId);
  const items = await mapInSlices([...request.items.entries()], ([position, message]): BatchItem<Item> => {
    const path = pathOfItem(position);
    const parsed = read(message, { companyId, country, context, path });
    const { idempotencyKey: key } = message;
    if ("refusal" in parsed || key === "") return parsed;
    return { value: parsed.value, claim: context.items.claim({ schema, message, key }, `${path}.`) };
  });
  return { companyId, mode, items, returnRecords: request.returnRecords };
}

/** The records that the results of a batch contain, by id. None unless the request asks for them. */
export async function returnedRecords<Stored extends { readonly id: string }>(
  { returnRecords }: CreatedBatch<unknown>,
  results: readonly BatchResult[],
  read: (ids: readonly string[]) => Promise<{ readonly found: readonly Stored[] }>,
): Promise<ReadonlyMap<string, Stored>> {
  const ids = returnRecords ? results.flatMap((result) => (isRefused(result) ? [] : result.id)) : [];
  const { found } = ids.length === 0 ? { found: [] } : await read([...new Set(ids)]);
  return new Map(found.map((record) => [record.id, record]));
}

/** The record of a result, if the batch returns it. */
export function recordOf<Stored>(records: ReadonlyMap<string, Stored>, result: BatchResult): Stored | undefined {
  return isRefused(result) ? undefined : records.get(result.id);
}
