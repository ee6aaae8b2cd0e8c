import { mayCreateTags, requireCompanyAccess } from "../../core/access.js";
import { invalidRequest, notFoundError } from "../../core/errors.js";
import { accessFilterOf, type Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import { maxTagsPerCustomer, type Tag, type TagReference } from "../setting-lists/tag.model.js";
import { type CustomerRepository, referenceError } from "./customer.model.js";
import { tooManyTags } from "./customer-update.service.js";

/** The tags of a customer. */
export interface CustomerTags {
  /** Returns the tags of the request, including those that the customer already had. */
  append(
    customerId: string,
    references: readonly TagReference[],
    principal: Principal,
    write: WriteContext,
  ): Promise<readonly Tag[]>;
  list(customerId: string, principal: Principal, signal: AbortSignal): Promise<readonly Tag[]>;
}

export function createCustomerTags(customers: CustomerRepository): CustomerTags {
  return {
    async append(customerId, references, principal, write) {
      const target = { accessFilter: accessFilterOf(principal), id: customerId };
      const changed = await customers.change(target, write, async (unit) => {
        const access = requireCompanyAccess(principal, unit.customer.companyId);
        const tags = await unit.resolveTags(references, mayCreateTags(principal, access));
        const error = referenceError({ missing: [], tags, references, violations: [] });
        if (error) throw error;
        const carried = new Set([...unit.customer.tags, ...tags.tags].map((tag) => tag.id));
        if (carried.size > maxTagsPerCustomer) throw invalidRequest([tooManyTags]);
        if (carried.size === unit.customer.tags.length) unit.skipUpdate();
        await unit.addTags(tags.tags);
        return { kind: "tag", ids: tags.tags.map((tag) => tag.id) };
      });
      const carried = new Map(changed.customer.tags.map((tag) => [tag.id, tag]));
      return changed.resourceIds.flatMap((id) => carried.get(id) ?? []);
    },

    async list(customerId, principal, signal) {
      const customer = await customers.get({ accessFilter: accessFilterOf(principal), id: customerId }, signal);
      if (!customer) throw notFoundError("Customer", customerId);
      return customer.tags;
    },
  };
}
