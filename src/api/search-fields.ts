import { z } from "zod";
import { isDeparted, type Listed } from "../core/departure.js";
import { type RecordOrder, recordOrders } from "../core/record-search.js";
import { RecordOrderSchema } from "../gen/proto/moego/business/customer/v1/record_search_pb.js";
import { list, maxFilterValues, singleLineText, text } from "./fields.js";
import { createdOrUpdatedCursorOf, personNameCursorOf } from "./paged.js";
import { customIssue } from "./parse.js";
import { protoEnum } from "./proto-enum.js";

const maxWords = 5;
const maxNameChars = 100;
const maxFieldFilters = 10;

/** The words of a name to search for. Empty: not filtered. */
export const nameWords = text({ min: 0, max: maxNameChars })
  .transform((name) => ({ name, words: name.split(/[\s,;/()]+/).filter((word) => /[\p{L}\p{N}]/u.test(word)) }))
  .superRefine(({ name, words }, context) => {
    if (name !== "" && words.length === 0)
      context.addIssue(customIssue("INVALID_FORMAT", "Must contain a letter or a digit."));
    if (words.length > maxWords) context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxWords} words.`));
  })
  .transform(({ words }) => words);

const fieldFilter = z
  .object({
    field: singleLineText.superRefine((field, context) => {
      if (field === "") context.addIssue(customIssue("REQUIRED", "Required."));
    }),
    values: list(z.string(), maxFilterValues),
    ...{ min: z.string(), max: z.string() },
  })
  .superRefine(({ values, min, max }, context) => {
    if (values.length > 0 && (min !== "" || max !== ""))
      context.addIssue({ ...customIssue("CONFLICT", "Must not be set together with min or max."), path: ["values"] });
  });

export const fieldFilters = list(fieldFilter, maxFieldFilters);

const order = protoEnum(RecordOrderSchema, recordOrders);

/** The order that a client chose. */
export const recordOrder = order.optional;

interface Ordered {
  readonly orderBy?: RecordOrder | undefined;
  readonly filter?: { readonly lastUpdated?: unknown } | undefined;
}

/** A list of changes has its own order, from which a client continues. */
export function refuseOrderOfChanges({ orderBy, filter }: Ordered, context: z.RefinementCtx): void {
  if (!orderBy || !filter?.lastUpdated) return;
  const description = "Must not be set with filter.last_updated_time: changes are listed in their order.";
  context.addIssue({ ...customIssue("CONFLICT", description), path: ["orderBy"] });
}

/** The position of a person in a list in the chosen order. */
export function personCursorOf(
  row: Listed<
    Parameters<typeof personNameCursorOf>[0] & { readonly createdTime: Date; readonly lastUpdatedTime: Date }
  >,
  asked: Ordered,
) {
  // Only the list of changes has records that left it.
  if (isDeparted(row)) return createdOrUpdatedCursorOf(row, asked);
  switch (asked.orderBy) {
    case "NAME_ASC":
    case "NAME_DESC":
      return personNameCursorOf(row);
    case "LAST_UPDATED_DESC":
      return { time: row.lastUpdatedTime, id: row.id };
    case "CREATED_ASC":
    case "CREATED_DESC":
    case undefined:
      return createdOrUpdatedCursorOf(row, asked);
    default:
      return asked.orderBy satisfies never;
  }
}
