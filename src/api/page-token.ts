import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { clone, type DescField, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { z } from "zod";
import { type Cursor, type Page, pageTokenInvalid } from "../core/page.js";
import { inSlices } from "../core/slices.js";
import type { Pagination } from "../gen/proto/moego/common/v1/pagination_pb.js";
import { canonicalBytes } from "./canonical.js";
import { countRowsThatFit } from "./fitting-rows.js";
import { customIssue } from "./parse.js";
import type { Context } from "./rpc.js";

const defaultPageSize = 50;
const maxPageSize = 500;
/** Highest offset for clients that count pages themselves. Cursors have no limit. */
const maxOffset = 100_000;

/** Pagination of a list request. If absent, the contract's REQUIRED makes it a violation. */
export const pagination = z
  .object({
    pageSize: z.number().superRefine((size, context) => {
      if (size < 0 || size > maxPageSize)
        context.addIssue(
          customIssue("OUT_OF_RANGE", `Must be from 0 to ${maxPageSize}; 0 selects the default of ${defaultPageSize}.`),
        );
    }),
  })
  .optional();

/** A page of rows and the token of the next page, which is empty on the last page. */
interface PageOf<Row> {
  readonly rows: readonly Row[];
  readonly nextPageToken: string;
}

export interface OpenPage extends Page {
  /**
   * Removes the extra row that indicates a next page, and rows that exceed the response size. Creates the token of the
   * next page. Throws PAGE_TOKEN_INVALID if rows of a numbered page do not fit: the next number starts after the whole
   * page, so the client would never receive them.
   *
   * @param resumeAt where the next page starts if the rows fit, of a page that ends before it is full
   */
  close<Row>(rows: readonly Row[], cursorOf: (row: Row) => Cursor, resumeAt?: Cursor): Promise<PageOf<Row>>;
}

export interface PageTokens {
  /** Reads the position at which the page starts. Throws PAGE_TOKEN_INVALID. */
  open(request: PagedRequest, context: Context): OpenPage;
  /** The same for a list that is returned as a whole without pagination, as far as it fits into a response. */
  openWhole(request: PagedRequest, context: Context): OpenPage;
}

type PagedRequest = Message & { readonly pagination?: Pagination | undefined };

/**
 * Page tokens: a cursor with an HMAC over the RPC, the request without its pagination and the organizations of the API
 * key. A token is valid only for the list it was issued for.
 *
 * @param secret `PAGE_TOKEN_SECRET`
 */
export function createPageTokens(secret: string): PageTokens {
  const open = (request: PagedRequest, context: Context, unpagedSize: number): OpenPage => {
    const { pageSize = unpagedSize, pageToken = "" } = request.pagination ?? {};
    const size = pageSize || defaultPageSize;
    const binding = bindingOf(request, context);
    const isNumbered = pageNumber.test(pageToken);
    return {
      size,
      ...positionOf(pageToken, size, (token) => decode(token, binding, secret)),
      async close(rows, cursorOf, resumeAt) {
        const asked = rows.slice(0, size);
        const shown = asked.slice(0, await inSlices(countRowsThatFit(asked)));
        if (isNumbered && shown.length < asked.length) throw pageTokenInvalid(tooLargeToCount);
        if (isNumbered && resumeAt) throw pageTokenInvalid(tooFarToCount);
        const last = shown.at(-1);
        const next = rows.length > shown.length && last !== undefined ? cursorOf(last) : resumeAt;
        return { rows: shown, nextPageToken: next ? encode(next, binding, secret) : "" };
      },
    };
  };
  return {
    open: (request, context) => open(request, context, defaultPageSize),
    openWhole: (request, context) => open(request, context, Number.POSITIVE_INFINITY),
  };
}

const pageNumber = /^\d{1,7}$/;
const tooLargeToCount =
  "The page exceeds the response size limit. Use a smaller page_size, or restart without a token and follow next_page_token.";

const tooFarToCount = "The page is too far away to count to it. Restart without a token and follow next_page_token.";

function positionOf(token: string, size: number, read: (token: string) => Cursor): Pick<Page, "after" | "offset"> {
  if (token === "") return { offset: 0 };
  if (!pageNumber.test(token)) return { after: read(token), offset: 0 };
  const offset = (Number(token) - 1) * size;
  if (offset < 0) throw pageTokenInvalid("Page numbers start at 1.");
  if (offset > maxOffset)
    throw pageTokenInvalid(`Page numbers cover only the first ${maxOffset} rows. Follow next_page_token instead.`);
  return { offset };
}

/**
 * First byte of a token. The upper four bits say what the next six bytes contain, the lower four identify the secret.
 */
const timeAndSecret = 0x11;
const nameAndSecret = 0x21;
const positionOffset = 1;
const idOffset = 7;
const macSize = 11;

/**
 * Layout: version (1 byte), time in ms or hash of the name (6), id (up to 30), MAC (11). At most 64 characters in
 * base64url.
 */
function encode({ time, nameHash, id }: Cursor, binding: Buffer, secret: string): string {
  const body = Buffer.alloc(idOffset + Buffer.byteLength(id));
  body.writeUInt8(nameHash === undefined ? timeAndSecret : nameAndSecret, 0);
  if (nameHash === undefined) body.writeIntBE(time?.getTime() ?? 0, positionOffset, idOffset - positionOffset);
  else body.writeUIntBE(nameHash, positionOffset, idOffset - positionOffset);
  body.write(id, idOffset);
  return Buffer.concat([body, macOf(body, binding, secret)]).toString("base64url");
}

function decode(token: string, binding: Buffer, secret: string): Cursor {
  const bytes =
    token.length <= 64 && /^[A-Za-z0-9_-]+$/.test(token) ? Buffer.from(token, "base64url") : Buffer.alloc(0);
  const body = bytes.subarray(0, -macSize);
  // A value has several base64 encodings. Only the canonical one is accepted.
  const holdsName = body[0] === nameAndSecret;
  const isKnown = holdsName || body[0] === timeAndSecret;
  const wellFormed = body.length > idOffset && isKnown && bytes.toString("base64url") === token;
  if (!wellFormed || !timingSafeEqual(bytes.subarray(-macSize), macOf(body, binding, secret))) {
    throw pageTokenInvalid("The page token is invalid or was issued for another request. Restart without a token.");
  }
  const position = [positionOffset, idOffset - positionOffset] as const;
  return {
    ...(holdsName ? { nameHash: body.readUIntBE(...position) } : { time: new Date(body.readIntBE(...position)) }),
    id: body.toString("utf8", idOffset),
  };
}

function macOf(body: Buffer, binding: Buffer, secret: string): Buffer {
  return createHmac("sha256", secret).update(binding).update(body).digest().subarray(0, macSize);
}

/** Identifies the list that a token is valid for, in 32 bytes. */
function bindingOf(request: Message, { method, principal }: Context): Buffer {
  const bare = clone(method.input, request);
  const paginationField = method.input.fields.find((field: DescField) => field.name === "pagination");
  if (paginationField) reflect(method.input, bare).clear(paginationField);
  return createHash("sha256")
    .update(`${method.parent.typeName}/${method.name}\n${principal.organizations.join(",")}\n`)
    .update(canonicalBytes(method.input, bare))
    .digest();
}
