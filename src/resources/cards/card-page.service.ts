import type { CardEntry, CardPage, CardPages } from "../../core/card-page.js";
import type { WriteContext } from "../../core/write.js";
import type { CardLink, CardRepository, ProviderCard } from "./card.model.js";

interface CardPageDependencies {
  readonly cards: CardRepository;
  /** Whether the server has demo data. The page then confirms without a card. */
  readonly hasDemo: boolean;
}

/** The pages of card links. Viewing a page changes nothing: programs open links to preview them. */
export function createCardPages({ cards, hasDemo }: CardPageDependencies): CardPages {
  async function find(token: string, signal: AbortSignal): Promise<CardLink | undefined> {
    return isToken(token) ? cards.findLink(token, signal) : undefined;
  }

  return {
    async view(token, signal) {
      return pageOf(await find(token, signal), hasDemo ? "demo" : "company");
    },

    async submit(token, request) {
      const link = await find(token, request.signal);
      if (link?.state !== "valid" || !hasDemo) return pageOf(link, "company");
      const write = pageWrite(link, request);
      await cards.confirm(link, demoCard(link), write);
      return pageOf({ ...link, state: "used" }, "demo");
    },
  };
}

/** 32 bytes in base64url. */
function isToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

function pageOf(link: CardLink | undefined, entry: CardEntry): CardPage {
  if (!link) return { kind: "unknown" };
  const { companyId, id: linkId, companyName, state } = link;
  const known = { companyId, linkId, companyName };
  return state === "valid" ? { ...known, kind: state, entry } : { ...known, kind: state };
}

function pageWrite({ companyId }: CardLink, request: Pick<WriteContext, "requestId" | "signal">): WriteContext {
  return { ...request, rpc: "moego card page", keyId: "", companies: [companyId], ip: "" };
}

/** Looks like a card of a provider, so that an application can be tried without one. */
function demoCard({ id }: CardLink): ProviderCard {
  return {
    provider: "demo",
    providerCustomerId: `demo_customer_${id}`,
    paymentMethodId: `demo_card_${id}`,
    ...{ brand: "visa", lastFour: "4242", expiryMonth: 12, expiryYear: 2034 },
  };
}
