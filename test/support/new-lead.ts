import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LeadSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_pb.js";

export type NewLead = MessageInitShape<typeof LeadSchema>;

/** A request that creates a lead of company A with nothing but what is required, some fields replaced or added. */
export function newLead(fields: NewLead = {}) {
  return { lead: { companyId: "cmp_a", firstName: "Lena", phone: "+12125550122", ...fields } };
}

/** A dog with nothing but what is required. */
export const aDog = { name: "Rex", type: 2, breed: "Beagle" } as const;
