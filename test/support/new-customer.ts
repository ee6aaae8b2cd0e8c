import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CreateCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";

export type NewCustomer = MessageInitShape<typeof CreateCustomerRequestSchema>;

/** A request that creates a customer of company A with nothing but what is required. */
export const minimalCustomer = {
  companyId: "cmp_a",
  preferredBusinessId: "biz_a1",
  firstName: "Ada",
  lastName: "Lovelace",
  phone: "+12125550111",
} as const;

/** The minimal request with some fields replaced or added. */
export function newCustomer(fields: NewCustomer = {}): NewCustomer {
  return { ...minimalCustomer, ...fields };
}
