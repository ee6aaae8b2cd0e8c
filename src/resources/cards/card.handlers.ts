import { z } from "zod";
import { id } from "../../api/fields.js";
import { toTimestamp } from "../../api/google-types.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { cardProviders } from "../../core/card-provider.js";
import {
  type CardAdminService,
  CustomerCard_ProviderSchema,
} from "../../gen/proto/moego/admin/v1/card_admin_service_pb.js";
import type { Card } from "./card.model.js";
import type { Cards } from "./card.service.js";

/** Handlers of `moego.admin.v1.CardAdminService`. */
export function createCardAdminHandlers(cards: Cards): ServiceHandlers<typeof CardAdminService> {
  return {
    setStripeKeys: rpc(keysOfCompany, async ({ companyId, ...keys }, { principal, write }) => ({
      account: await cards.setKeys(companyId, keys.apiKey === "" ? undefined : keys, principal, write),
    })),

    getStripeAccount: rpc(ofCompany, async ({ companyId }, { principal, signal }) => ({
      account: await cards.getAccount(companyId, principal, signal),
    })),

    listCustomerCards: rpc(ofCustomer, async ({ companyId, customerId }, { principal, signal }) => ({
      cards: (await cards.list(companyId, customerId, principal, signal)).map(toProtoCard),
    })),
  };
}

const ofCompany = z.object({ companyId: id });
const ofCustomer = z.object({ companyId: id, customerId: id });
const keysOfCompany = z
  .object({
    companyId: id,
    apiKey: secret(/^[sr]k_[\x21-\x7e]{1,252}$/, "a secret key or a restricted key of Stripe: `sk_...` or `rk_...`"),
    webhookSecret: secret(
      /^whsec_[\x21-\x7e]{1,249}$/,
      "the signing secret of a webhook endpoint of Stripe: `whsec_...`",
    ),
  })
  .superRefine(({ apiKey, webhookSecret }, context) => {
    const required = (other: string) => customIssue("REQUIRED", `Required with ${other}.`);
    if (apiKey === "" && webhookSecret !== "") context.addIssue({ ...required("webhook_secret"), path: ["apiKey"] });
    if (apiKey !== "" && webhookSecret === "") context.addIssue({ ...required("api_key"), path: ["webhookSecret"] });
  });

function secret(pattern: RegExp, expected: string) {
  return z.string().superRefine((value, context) => {
    if (value === "" || pattern.test(value)) return;
    context.addIssue(customIssue("INVALID_FORMAT", `Must be ${expected}.`));
  });
}

const provider = protoEnum(CustomerCard_ProviderSchema, cardProviders);

function toProtoCard({ createdTime, provider: word, ...card }: Card) {
  return { ...card, provider: provider.toProto(word), createdTime: toTimestamp(createdTime) };
}
