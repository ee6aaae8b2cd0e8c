import type { WriteContext } from "../../core/write.js";

/** A card link, found by its token. */
export interface CardLink {
  readonly companyId: string;
  readonly id: string;
  readonly companyName: string;
  /** By the clock of the database. A link to an archived customer counts as expired. */
  readonly state: "valid" | "used" | "expired";
}

/** What the payment provider reports of a card. Never its number. */
export interface ProviderCard {
  readonly provider: "stripe" | "demo";
  readonly providerCustomerId: string;
  readonly paymentMethodId: string;
  /** As the provider spells it: `visa`. */
  readonly brand: string;
  readonly lastFour: string;
  readonly expiryMonth: number;
  readonly expiryYear: number;
}

export interface CardRepository {
  /** Looks up a link of any company by its token. */
  findLink(token: string, signal: AbortSignal): Promise<CardLink | undefined>;

  /** Uses up the link and stores the card, at most once. Returns false if the link was already used. */
  confirm(link: Pick<CardLink, "companyId" | "id">, card: ProviderCard, write: WriteContext): Promise<boolean>;
}
