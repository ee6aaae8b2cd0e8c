import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { Row } from "../../src/demo/demo-directory.js";
import { type FixtureKey, fixtureKey } from "../support/fixture-keys.js";

/** One way to walk a paged list. */
export interface Walk extends WalkTraits {
  /** `ListCustomers, newest first,` */
  readonly title: string;
  readonly method: DescMethodUnary;
  /** Without its page. */
  readonly request: Message;
  /** The same RPC asked for something else; absent where the page is all there is to ask. */
  readonly otherRequest?: Message;
}

interface WalkTraits {
  /** The ids of what is listed, in the documented order. */
  readonly ids: readonly string[];
  readonly table: string;
  /** Of a list by name: the columns of the name. */
  readonly nameColumns?: readonly string[];
  /** A key that sees the rows, and one of other organizations, where those of the other lists will not do. */
  readonly keys?: { readonly walker: FixtureKey; readonly neighbour: FixtureKey };
  /** The strangers belong to others: the key never sees them. */
  readonly strangersAreForeign?: boolean;
  /** Rows of the table are never removed but by its owner, with the guard off. */
  readonly isLedger?: boolean;
  /** A row that nobody waited for, anywhere in the order by `place`, 0 to `rowCount`. */
  stranger(id: string, place: number): Row;
}

export interface GivenWalk<I extends DescMessage> extends WalkTraits {
  /** `newest first` */
  readonly order: string;
  readonly request: MessageInitShape<I>;
  readonly otherRequest?: MessageInitShape<I>;
}

/** More than the largest page holds. */
export const rowCount = 511;
/** Ids of strangers begin with it. */
export const strangerPrefix = "new_";

/** The company of all lists. */
export const company = "cmp_l";
/** A key of an enterprise, which reaches the company of the lists and many more, and a key of that company alone. */
export const walker = fixtureKey("key_walker", [{ type: "ENTERPRISE", id: "ent_l" }]);
export const neighbour = fixtureKey("key_neighbour", [{ type: "COMPANY", id: company }]);
export const numbers = Array.from({ length: rowCount }, (_, index) => index);
/** As long as an id can be, so that the longest token is seen. */
export const rowId = (number: number) => `row_${String(number).padStart(26, "0")}`;
/** Three rows share a place in time or in the alphabet: their ids decide. */
export const placeOf = (number: number) => Math.floor(number / 3);
/** Another order than that of creation. */
export const updateOf = (number: number) => placeOf((number * 7) % rowCount);
export const minute = (place: number) => new Date(Date.UTC(2024, 0, 1) + place * 60_000).toISOString();
export const rowName = (place: number) => `Row ${String(place).padStart(6, "0")}`;

/** The ids of all rows in the order of creation. */
export const ascending = numbers.map(rowId);
/** Newest first. */
export const descending = ascending.toReversed();
/** In the order of their last change. */
export const byUpdate = numbers
  .toSorted((a, b) => updateOf(a) - updateOf(b) || (rowId(a) < rowId(b) ? -1 : 1))
  .map(rowId);
/** A start time before everything. */
export const everything = { seconds: BigInt(Date.UTC(2020) / 1_000) };

export function walkOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  { order, request, otherRequest, ...traits }: GivenWalk<I>,
): Walk {
  return {
    ...traits,
    title: `${method.name}, ${order},`,
    method,
    request: create(method.input, request),
    ...(otherRequest ? { otherRequest: create(method.input, otherRequest) } : {}),
  };
}
