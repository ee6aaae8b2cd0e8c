import type { PrincipalStaff } from "./principal.js";

/** A claim on an idempotency key: the effect of a mutating call happens at most once per claim. */
export interface IdempotencyClaim {
  /** The caller's `Idempotency-Key`, up to 255 characters. */
  readonly key: string;
  /** What the request is known by later: a keyed hash of its canonical form, 32 bytes, of no use without the key. */
  readonly fingerprint: Uint8Array;
  /** Its hashes under the former keys: an earlier call may have been stored by one of them. */
  readonly olderFingerprints?: readonly Uint8Array[];
  /** Set by persistence when the answer is that of an earlier call; becomes the header `idempotency-replayed: true`. */
  replayed: boolean;
}

/** Who writes, by which call. Persistence stores it beside the effect, in the same transaction. */
export interface WriteContext {
  /** Full rpc name: `moego.business.customer.v1.CustomerService/CreateCustomer`. */
  readonly rpc: string;
  readonly requestId: string;
  readonly keyId: string;
  /** Whom the key acts for; absent = nobody. What is stamped on a record tells `authorIn`. */
  readonly staff?: PrincipalStaff;
  /** The caller's address, for the consent ledger. */
  readonly ip: string;
  readonly claim?: IdempotencyClaim;
  readonly signal: AbortSignal;
}

/** The author to stamp on a record of the company, by staff id; empty when the key acts for nobody there. */
export function actingStaffId({ staff }: Pick<WriteContext, "staff">, companyId: string): string {
  return staff?.companyIds.includes(companyId) ? staff.id : "";
}
