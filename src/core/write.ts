import { type DomainError, etagMismatch } from "./errors.js";
import type { PrincipalStaff } from "./principal.js";

/** An idempotency claim: a mutating request takes effect at most once per claim. */
export interface IdempotencyClaim {
  /** The client's `Idempotency-Key`, up to 255 characters. */
  readonly key: string;
  /**
   * Keyed hash of the canonical request, 32 bytes. Later requests are compared with it. It is useless without the
   * encryption key.
   */
  readonly fingerprint: Uint8Array;
  /** Hashes under the previous keys of the server, with which an earlier request may have been stored. */
  readonly olderFingerprints?: readonly Uint8Array[];
  /**
   * Keyed hashes of the members that a JSON request has and its message has not, the present key first. The first one is
   * stored; a later request must have one that is equal. Records of earlier versions have none, and are not compared.
   */
  readonly presences: readonly [Uint8Array, ...Uint8Array[]];
  /** Set by the repository if the response is a replay. Sent as the header `idempotency-replayed: true`. */
  replayed: boolean;
}

/**
 * The companies whose rows a request may change, according to its API key and not to its statements. The database
 * compares them with every row that is written (db/company-guard.ts). "all" is for work of the deployment itself.
 */
export type WritableCompanies = readonly string[] | "all";

/** Marks an enterprise among them: its API keys may be changed. */
export const enterprisePrefix = "enterprise:";

/** The actor and request of a write, stored in the same transaction as the change. */
export interface WriteContext {
  /** Full RPC name: `moego.business.customer.v1.CustomerService/CreateCustomer`. */
  readonly rpc: string;
  readonly requestId: string;
  readonly keyId: string;
  readonly companies: WritableCompanies;
  /** The staff member the API key acts for. Use `actingStaffId` for what is recorded on a record. */
  readonly staff?: PrincipalStaff;
  /** The client's address, for the consent ledger. */
  readonly ip: string;
  /** The same for the audit log, as detailed as LOG_CLIENT_ADDRESS allows. Absent if it must not be recorded. */
  readonly recordedAddress?: string | undefined;
  readonly claim?: IdempotencyClaim;
  /** Why the request must not take effect, unless an earlier request with its claim already did. Thrown by `once`. */
  readonly refusal?: DomainError;
  readonly signal: AbortSignal;
}

/** The resources that a write created or changed. An id is unique only within its kind. */
export interface WriteResult {
  readonly kind: ResourceKind;
  readonly ids: readonly string[];
}

/** Kinds of resources, by the names of their tables. */
export type ResourceKind =
  | "customer"
  | "customer_note"
  | "card_link"
  | "lead"
  | "lead_note"
  | "pet"
  | "pet_note"
  | "package"
  | "package_template"
  | "tag"
  | "referral_source"
  | "life_cycle"
  | "action_status"
  | "custom_field"
  | "pet_code"
  | "pet_size"
  | "pet_type"
  | "pet_coat_type"
  | "vip_level"
  | "external_api"
  | "ivr_flow"
  | "service"
  | "company"
  | "business"
  | "staff"
  | "api_key"
  | "opt_out"
  | "customer_merge";

/** Staff id to record as the actor of a change in the company. Empty if the API key acts for no staff member there. */
export function actingStaffId({ staff }: Pick<WriteContext, "staff">, companyId: string): string {
  return staff?.companyIds.includes(companyId) ? staff.id : "";
}

/** The fields that a change replaces. Absent = unchanged; null clears an optional field. */
export type FieldChange<Fields> = {
  readonly [Name in keyof Fields]?: undefined extends Fields[Name] ? Fields[Name] | null : Fields[Name];
};

/**
 * Changes with every change of the record. A client sends it back to make sure that it changes the version it has read.
 */
export function etagOf(record: { readonly version: bigint }): string {
  return record.version.toString();
}

/** Throws ETAG_MISMATCH if the client has read another version. Undefined is not checked. */
export function requireEtag(
  expected: string | undefined,
  record: { readonly version: bigint },
  resource: string,
): void {
  const etag = etagOf(record);
  if (expected !== undefined && expected !== etag) throw etagMismatch(resource, etag);
}
