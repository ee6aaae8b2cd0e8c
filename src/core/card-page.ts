/** The pages behind card links, on which a person enters a payment card. They need no API key: the token is the secret. */
export interface CardPages {
  view(token: string, signal: AbortSignal): Promise<CardPage>;
  /** What the button of the page does: starts the entry of a card, or confirms it in demo mode. */
  submit(token: string, request: PageRequest): Promise<CardPage>;
}

export interface PageRequest {
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** What a page shows. */
export type CardPage = { readonly kind: "unknown" } | KnownPage;

export type KnownPage = {
  readonly companyId: string;
  /** Of the link. */
  readonly linkId: string;
  readonly companyName: string;
} /** `unavailable`: the payment provider did not open its page. */ & (
  | { readonly kind: "used" | "expired" | "unavailable" }
  | { readonly kind: "valid"; readonly entry: CardEntry }
  /** The page of the payment provider, where the person enters the card. */
  | { readonly kind: "provider"; readonly url: string }
);

/** How a person enters a card: at the payment provider, without a card in demo mode, or by asking the company. */
export type CardEntry = "provider" | "demo" | "company";
