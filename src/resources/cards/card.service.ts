import { requireCompanyAccess, requireCompanyWrite, targetIn } from "../../core/access.js";
import type { ProviderKeys } from "../../core/card-provider.js";
import { requireFound } from "../../core/company-resource.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { CardRepository, StripeKeyRepository } from "./card.model.js";

interface CardDependencies {
  readonly cards: CardRepository;
  readonly stripeKeys: StripeKeyRepository;
  /** Address of the webhook endpoint of a company. */
  readonly webhookUrl: (companyId: string) => string;
}

export type Cards = ReturnType<typeof createCards>;

/** The cards of customers, and the connection of their company to Stripe. */
export function createCards({ cards, stripeKeys, webhookUrl }: CardDependencies) {
  async function accountOf(companyId: string, signal: AbortSignal) {
    const configured = (await stripeKeys.find(companyId, signal)) !== undefined;
    return { companyId, configured, webhookUrl: webhookUrl(companyId) };
  }

  return {
    async setKeys(companyId: string, keys: ProviderKeys | undefined, principal: Principal, write: WriteContext) {
      requireCompanyWrite(principal, companyId, "directory:write");
      await stripeKeys.set(companyId, keys, write);
      return accountOf(companyId, write.signal);
    },

    async getAccount(companyId: string, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, companyId);
      return accountOf(companyId, signal);
    },

    async list(companyId: string, customerId: string, principal: Principal, signal: AbortSignal) {
      const { accessFilter } = targetIn(principal, { companyId, id: customerId });
      return requireFound(await cards.list(customerId, accessFilter, signal), "Customer", customerId);
    },
  };
}
