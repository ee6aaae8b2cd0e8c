import { CardAdminService } from "../../src/gen/proto/moego/admin/v1/card_admin_service_pb.js";
import { entry, type RpcEntry } from "./entry.js";

const rpc = CardAdminService.method;
const companyId = "cmp_a";
const keysNamed = (name: string) => ({ companyId, apiKey: `rk_test_${name}`, webhookSecret: `whsec_${name}` });

export const cards: readonly RpcEntry[] = [
  entry(rpc.setStripeKeys, {
    request: keysNamed("entry"),
    repeat: async () => ({
      good: keysNamed("good"),
      other: keysNamed("other"),
      bad: { ...keysNamed("bad"), apiKey: "" },
    }),
    tenancy: { calls: [{ name: "removing them", request: { companyId } }] },
  }),
  entry(rpc.getStripeAccount, {
    request: { companyId },
    tenancy: { showsNoText: "answers whether there are keys, and an address of the server" },
  }),
  entry(rpc.listCustomerCards, {
    request: { companyId, customerId: "cus_a1" },
    foreignIds: { customer_id: "cus_c1" },
  }),
];
