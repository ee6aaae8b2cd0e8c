import { enumeration, type WordOf } from "./enumeration.js";

/** A payment provider on whose page a person enters a card (outbound/stripe-cards.ts). */
export interface CardProvider {
  /** Starts a session in which a card is entered, without a payment. The same idempotency key gets the same session. */
  start(apiKey: string, session: NewSession): Promise<SessionResult>;
  get(apiKey: string, sessionId: string): Promise<SessionResult>;
  /** The card of a completed session. Undefined if the provider did not return it. */
  cardOf(apiKey: string, session: ProviderSession): Promise<ProviderCard | undefined>;
  readEvent(event: SignedEvent): Promise<ProviderEvent>;
}

/** Secrets of one account at the provider. */
export interface ProviderKeys {
  readonly apiKey: string;
  /** Signs the events that the provider sends. */
  readonly webhookSecret: string;
}

export interface NewSession {
  readonly companyId: string;
  readonly linkId: string;
  readonly idempotencyKey: string;
  /** Set if the person has a card there already. */
  readonly providerCustomerId?: string | undefined;
}

export interface ProviderSession {
  readonly id: string;
  readonly status: "open" | "complete" | "expired";
  /** Of the page for the person. Only while the session is open. */
  readonly url: string | undefined;
  /** As given by NewSession. Empty for a session of another program. */
  readonly linkId: string;
  readonly setupId: string | undefined;
}

export type SessionResult =
  | { readonly kind: "session"; readonly session: ProviderSession }
  /**
   * `refused`: the provider stored this result under the idempotency key. `missing`: there is no such session.
   * `unreachable`: the outcome is unknown, and the same idempotency key finds it.
   */
  | { readonly kind: "refused" | "missing" | "unreachable" };

/** What a provider reports of a card. Never its number. */
export interface ProviderCard {
  readonly provider: CardProviderName;
  readonly providerCustomerId: string;
  readonly paymentMethodId: string;
  /** As the provider spells it: `visa`. */
  readonly brand: string;
  readonly lastFour: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
}

export interface SignedEvent {
  /** As received. */
  readonly body: Uint8Array;
  readonly signature: string;
  readonly secret: string;
}

export type ProviderEvent =
  | { readonly kind: "completed"; readonly session: ProviderSession }
  /** `forged`: the signature is missing, wrong or too old. `other`: nothing that concerns cards. */
  | { readonly kind: "forged" | "other" };

/** Where a provider reports its events. */
export interface CardEvents {
  /** `failed`: the provider has to send the event again. */
  receive(companyId: string, event: Omit<SignedEvent, "secret">, request: EventRequest): Promise<EventOutcome>;
}

export interface EventRequest {
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export type EventOutcome = "accepted" | "forged" | "failed";

/** Providers of cards. DEMO means a sample card. */
export const cardProviders = enumeration("STRIPE", "DEMO");
export type CardProviderName = WordOf<typeof cardProviders>;
