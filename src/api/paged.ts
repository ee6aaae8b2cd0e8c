import type { Message } from "@bufbuild/protobuf";
import { isDeparted, type Listed } from "../core/departure.js";
import { type Cursor, nameCursor, type Page } from "../core/page.js";
import type { Pagination } from "../gen/proto/moego/common/v1/pagination_pb.js";
import type { OpenPage, PageTokens } from "./page-token.js";
import { type Context, type Input, readInput } from "./rpc.js";

/** A handler of a list: parses the request, opens the page token, finds the rows and closes the page. */
export function paged<Request extends Message & PagedRequest, T, Row, Response>(
  pageTokens: PageTokens,
  input: Input<Request, T>,
  list: PagedList<T, Row, Response>,
): (request: Request, context: Context) => Promise<Response> {
  return handlerOf((request: Request, context) => pageTokens.open(request, context), input, list);
}

/** The same for a bounded list that is returned as a whole without pagination, as far as it fits into a response. */
export function pagedOrWhole<Request extends Message & PagedRequest, T, Row, Response>(
  pageTokens: PageTokens,
  input: Input<Request, T>,
  list: PagedList<T, Row, Response>,
): (request: Request, context: Context) => Promise<Response> {
  return handlerOf((request: Request, context) => pageTokens.openWhole(request, context), input, list);
}

function handlerOf<Request extends Message & PagedRequest, T, Row, Response>(
  open: (request: Request, context: Context) => OpenPage,
  input: Input<Request, T>,
  { find, order, seen, respond }: PagedList<T, Row, Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const asked = await readInput(input, request, context);
    const page = open(request, context);
    const { rows, nextPageToken } = await page.close(await find(asked, page, context), (row) => order(row, asked));
    seen?.(rows, asked, context);
    return respond(rows, nextPageToken);
  };
}

/** A list rpc: how the rows of a page are found, where a row is in the order, and the response. */
interface PagedList<T, Row, Response> {
  /** Returns one row more than the size of the page if there is a next page. */
  find(input: NoInfer<T>, page: Page, context: Context): Promise<readonly Row[]>;
  order(row: NoInfer<Row>, input: NoInfer<T>): Cursor;
  /** Called with the rows of the page before the response. */
  seen?(rows: readonly NoInfer<Row>[], input: NoInfer<T>, context: Context): void;
  respond(rows: readonly NoInfer<Row>[], nextPageToken: string): Response;
}

interface PagedRequest {
  readonly pagination?: Pagination | undefined;
}

interface Identified {
  readonly id: string;
}

interface PersonName {
  readonly firstName: string;
  readonly lastName: string;
}

/** For lists ordered by name. */
export function nameCursorOf({ id, name }: Identified & { readonly name: string }): Cursor {
  return nameCursor(id, name);
}

/** For lists of people, ordered by first name, then last name. */
export function personNameCursorOf({ id, firstName, lastName }: Identified & PersonName): Cursor {
  return nameCursor(id, firstName, lastName);
}

/** For lists ordered by creation time. */
export function createdCursorOf({ createdTime, id }: Identified & { readonly createdTime: Date }): Cursor {
  return { time: createdTime, id };
}

/** For lists by creation time, or by update time if the filter asks for changes, for incremental sync. */
export function createdOrUpdatedCursorOf(
  row: Listed<Identified & { readonly createdTime: Date; readonly lastUpdatedTime: Date }>,
  { filter }: { readonly filter?: { readonly lastUpdated?: unknown } | undefined },
): Cursor {
  const isByChange = isDeparted(row) || filter?.lastUpdated;
  return isByChange ? { time: row.lastUpdatedTime, id: row.id } : createdCursorOf(row);
}
