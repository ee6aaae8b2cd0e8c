import type { CardEntry, CardPage, CardPages, PageRequest } from "../../core/card-page.js";
import type { CardProvider, ProviderCard, ProviderKeys } from "../../core/card-provider.js";
import type { CardLink, CardRepository, StripeKeyRepository } from "./card.model.js";
import { cardWrite, createConfirmation } from "./card-confirmation.service.js";

export interface CardPageDependencies {
  readonly cards: CardRepository;
  readonly stripeKeys: StripeKeyRepository;
  readonly provider: CardProvider;
  /** Whether the server has demo data. The page of a company without a provider then confirms without a card. */
  readonly hasDemo: boolean;
}

/** Requests that start a session at the same time, or find that one has ended, read the link again. */
const maxRounds = 4;
const confirmer = "moego card page";

/** The pages of card links. Viewing a page changes nothing: programs open links to preview them. */
export function createCardPages(dependencies: CardPageDependencies): CardPages {
  const { cards, stripeKeys, provider, hasDemo } = dependencies;
  const confirm = createConfirmation(dependencies, confirmer);

  async function find(token: string, signal: AbortSignal): Promise<CardLink | undefined> {
    return isToken(token) ? cards.findLink(token, signal) : undefined;
  }

  return {
    async view(token, signal) {
      const link = await find(token, signal);
      if (link?.state !== "valid") return pageOf(link, "company");
      const keys = await stripeKeys.find(link.companyId, signal);
      return pageOf(link, keys ? "provider" : hasDemo ? "demo" : "company");
    },

    async submit(token, request) {
      for (let round = 1; ; round += 1) {
        const link = await find(token, request.signal);
        if (link?.state !== "valid") return pageOf(link, "company");
        const keys = await stripeKeys.find(link.companyId, request.signal);
        const page = keys ? await openSession(link, keys, request) : await withoutProvider(link, request);
        if (page) return page;
        if (round === maxRounds) return unavailable(link);
      }
    },
  };

  async function withoutProvider(link: CardLink, request: PageRequest): Promise<CardPage> {
    if (!hasDemo) return pageOf(link, "company");
    await cards.confirm(link, demoCard(link), cardWrite(link.companyId, request, confirmer));
    return pageOf({ ...link, state: "used" }, "demo");
  }

  /**
   * Leads to the open session of the link, or starts one. Only a session that is stored is shown, and only the stored
   * one is confirmed. Requests at the same time use the same idempotency key, so they get the same session. Undefined
   * if the link has changed and must be read again.
   */
  async function openSession(link: CardLink, keys: ProviderKeys, request: PageRequest): Promise<CardPage | undefined> {
    const current = link.sessionId === undefined ? undefined : await provider.get(keys.apiKey, link.sessionId);
    if (current?.kind === "refused" || current?.kind === "unreachable") return unavailable(link);
    if (current?.kind === "session" && current.session.status === "open")
      return providerPage(link, current.session.url);
    if (current?.kind === "session" && current.session.status === "complete") {
      // The person is faster than the event, or the company has no webhook endpoint.
      const outcome = await confirm(link.companyId, keys, current.session, request);
      return outcome === "failed" ? unavailable(link) : undefined;
    }
    return startSession(link, current ? link.attempt + 1 : link.attempt, keys, request);
  }

  async function startSession(
    link: CardLink,
    attempt: number,
    { apiKey }: ProviderKeys,
    request: PageRequest,
  ): Promise<CardPage | undefined> {
    const { companyId, id: linkId, providerCustomerId } = link;
    const idempotencyKey = `${companyId}.${linkId}.${attempt}`;
    const started = await provider.start(apiKey, { companyId, linkId, idempotencyKey, providerCustomerId });
    const write = cardWrite(companyId, request, confirmer);
    if (started.kind === "session") {
      const { id: sessionId, url } = started.session;
      return (await cards.saveSession(link, { sessionId, attempt }, write)) ? providerPage(link, url) : undefined;
    }
    // Its idempotency key would return the same refusal for a day, even with other settings at the provider.
    if (started.kind !== "unreachable")
      await cards.saveSession(link, { sessionId: undefined, attempt: attempt + 1 }, write);
    return unavailable(link);
  }
}

/** 32 bytes in base64url. */
function isToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

function knownOf({ companyId, id: linkId, companyName }: CardLink) {
  return { companyId, linkId, companyName };
}

function pageOf(link: CardLink | undefined, entry: CardEntry): CardPage {
  if (!link) return { kind: "unknown" };
  const { state } = link;
  return state === "valid" ? { ...knownOf(link), kind: state, entry } : { ...knownOf(link), kind: state };
}

function unavailable(link: CardLink): CardPage {
  return { ...knownOf(link), kind: "unavailable" };
}

function providerPage(link: CardLink, url: string | undefined): CardPage {
  return url === undefined ? unavailable(link) : { ...knownOf(link), kind: "provider", url };
}

/** Looks like a card of a provider, so that an application can be tried without one. */
function demoCard({ id }: CardLink): ProviderCard {
  return {
    provider: "DEMO",
    providerCustomerId: `demo_customer_${id}`,
    paymentMethodId: `demo_card_${id}`,
    ...{ brand: "visa", lastFour: "4242", expiryMonth: 12, expiryYear: 2034 },
  };
}
