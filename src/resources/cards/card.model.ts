import type { AccessFilter } from "../../core/access.js";
import type { ProviderCard, ProviderKeys } from "../../core/card-provider.js";
import type { WriteContext } from "../../core/write.js";

/** A card link, found by its token. */
export interface CardLink {
  readonly companyId: string;
  readonly id: string;
  readonly companyName: string;
  /** By the clock of the database. A link to an archived customer counts as expired. */
  readonly state: "valid" | "used" | "expired";
  /** At the provider. A confirmation counts only for this one. */
  readonly sessionId: string | undefined;
  /** Part of the idempotency key of the next session. */
  readonly attempt: number;
  /** Of an earlier card of the customer. */
  readonly providerCustomerId: string | undefined;
}

/** A card of a customer. */
export interface Card extends ProviderCard {
  readonly id: string;
  readonly createdTime: Date;
}

export const maxListedCards = 50;

type LinkKey = Pick<CardLink, "companyId" | "id">;

export interface CardRepository {
  /** Looks up a link of any company by its token. */
  findLink(token: string, signal: AbortSignal): Promise<CardLink | undefined>;

  /** Whether the link waits for the confirmation of this session. */
  awaits(link: LinkKey, sessionId: string, signal: AbortSignal): Promise<boolean>;

  /**
   * Stores the session of the link, or none, and the attempt. Returns false if the link was used, or another request
   * has stored one since the link was read.
   */
  saveSession(link: CardLink, next: Pick<CardLink, "sessionId" | "attempt">, write: WriteContext): Promise<boolean>;

  /** Uses up the link and stores the card. Does nothing if the link was already used, or has another session. */
  confirm(link: LinkKey & Pick<CardLink, "sessionId">, card: ProviderCard, write: WriteContext): Promise<void>;

  /** Newest first. Undefined if the customer does not exist or cannot be accessed. */
  list(customerId: string, accessFilter: AccessFilter, signal: AbortSignal): Promise<readonly Card[] | undefined>;
}

/** The keys of companies at Stripe. */
export interface StripeKeyRepository {
  /** The keys of the company; for the only company of a deployment also those of the environment. */
  find(companyId: string, signal: AbortSignal): Promise<ProviderKeys | undefined>;
  /** Undefined deletes them. */
  set(companyId: string, keys: ProviderKeys | undefined, write: WriteContext): Promise<void>;
}
