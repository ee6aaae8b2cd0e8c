import type {
  CardEvents,
  CardProvider,
  EventOutcome,
  EventRequest,
  ProviderKeys,
  ProviderSession,
} from "../../core/card-provider.js";
import { isId } from "../../core/ids.js";
import type { WriteContext } from "../../core/write.js";
import type { CardRepository, StripeKeyRepository } from "./card.model.js";

interface ConfirmationDependencies {
  readonly cards: CardRepository;
  readonly stripeKeys: StripeKeyRepository;
  readonly provider: CardProvider;
}

type Confirm = (
  companyId: string,
  keys: ProviderKeys,
  session: ProviderSession,
  request: EventRequest,
) => Promise<Exclude<EventOutcome, "forged">>;

/** What confirms a card, as the audit log names it: a button of the page, or an event. */
type Confirmer = "moego card page" | "moego stripe webhook";

/**
 * Stores the card of a completed session and uses up its link. A session of another link or company, an earlier session
 * of the link and a repeated confirmation change nothing.
 */
export function createConfirmation(
  { cards, provider }: Omit<ConfirmationDependencies, "stripeKeys">,
  confirmer: Confirmer,
): Confirm {
  return async (companyId, { apiKey }, session, request) => {
    const link = { companyId, id: session.linkId, sessionId: session.id };
    if (!(await cards.awaits(link, session.id, request.signal))) return "accepted";
    const card = await provider.cardOf(apiKey, session);
    if (!card) return "failed";
    await cards.confirm(link, card, cardWrite(companyId, request, confirmer));
    return "accepted";
  };
}

/** Events of the accounts of companies. Each company has its own address and secret. */
export function createCardEvents({ cards, stripeKeys, provider }: ConfirmationDependencies): CardEvents {
  const confirm = createConfirmation({ cards, provider }, "moego stripe webhook");
  return {
    async receive(companyId, event, request) {
      const keys = isId(companyId) ? await stripeKeys.find(companyId, request.signal) : undefined;
      // The same as for a wrong signature: strangers learn nothing of companies.
      if (!keys) return "forged";
      const read = await provider.readEvent({ ...event, secret: keys.webhookSecret });
      if (read.kind !== "completed") return read.kind === "forged" ? "forged" : "accepted";
      return confirm(companyId, keys, read.session, request);
    },
  };
}

/** Of no API key: a person or the provider writes. */
export function cardWrite(
  companyId: string,
  request: Pick<WriteContext, "requestId" | "signal">,
  rpc: Confirmer,
): WriteContext {
  return { ...request, rpc, keyId: "", companies: [companyId], ip: "" };
}
