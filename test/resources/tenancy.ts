import type { JsonObject, Message } from "@bufbuild/protobuf";
import type { Expectation } from "../reliability/tenancy/id-fields.js";
import type { FixtureKey } from "../support/fixture-keys.js";

/** Where the tenancy suites must treat an RPC in a way that its contract does not say. */
export interface TenancyTraits {
  /** In place of the entry's request. */
  readonly request?: Message;
  /** Fields for which the rules of reliability/tenancy/id-fields.ts are wrong, by path. */
  readonly idFields?: Readonly<Record<string, IdFieldException>>;
  /** Calls about the tenant's own that a row of the neighbour would change (reliability/tenancy/predicate-rows.ts). */
  readonly calls?: readonly NeighbourCall[];
  /** Why the neighbour itself reads none of its texts by this RPC. */
  readonly showsNoText?: string;
  /** Why the neighbour has no page token of this list. */
  readonly hasNoPageToken?: string;
  /** Why what the RPC writes cannot be undone in the statement itself. */
  readonly keepsWrites?: string;
}

export interface IdFieldException {
  readonly expectation: Expectation;
  readonly why: string;
  /** Of the tenant, in place of the one for the kind, which another RPC uses up. */
  readonly id?: string;
}

/** The request of the entry, changed. */
export interface NeighbourCall {
  readonly name: string;
  /** In place of the whole request. */
  readonly request?: Message;
  /** Ids by their paths. */
  readonly ids?: Readonly<Record<string, string>>;
  readonly json?: JsonObject;
  /** The key of the RPC unless given. */
  readonly key?: FixtureKey;
  /** What the tenant has sent already, with the idempotency key of that call. */
  readonly isRepeated?: boolean;
  /** The same with a planted idempotency key. */
  readonly repeats?: string;
  /** The second page of what it asks for. */
  readonly isSecondPage?: boolean;
}

export const bringsIds: IdFieldException = {
  expectation: "free",
  why: "an import brings the ids of its parts along",
};
export const bringsAuthors: IdFieldException = {
  expectation: "reference",
  why: "an import brings the authors of its parts along",
};
export const isFilter: IdFieldException = {
  expectation: "ignored",
  why: "a filter: what nobody has matches nothing",
};
export const isNamed: IdFieldException = { expectation: "named", why: "the body names what the call is about" };
