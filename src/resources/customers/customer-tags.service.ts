import { mayCreateTags, reachOf } from "../../core/access.js";
import { invalidRequest, notFound } from "../../core/errors.js";
import { type Caller, visibilityOf } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import { maxTagsPerCustomer, type Tag, type TagReference } from "../setting-lists/tag.model.js";
import { referenceError } from "./customer-references.service.js";
import type { CustomerRepository } from "./customer-store.model.js";
import { tooManyTags } from "./customer-update.service.js";

/** The tags that one customer carries. */
export interface CustomerTags {
  /** The tags that the call named, whether the customer carried them before or not. */
  append(
    customerId: string,
    references: readonly TagReference[],
    caller: Caller,
    write: Write,
  ): Promise<readonly Tag[]>;
  list(customerId: string, caller: Caller, signal: AbortSignal): Promise<readonly Tag[]>;
}

export function createCustomerTags(customers: CustomerRepository): CustomerTags {
  return {
    async append(customerId, references, caller, write) {
      const target = { visibility: visibilityOf(caller), id: customerId };
      const changed = await customers.change(target, write, async (unit) => {
        const reach = reachOf(caller, unit.customer.companyId);
        const tags = await unit.resolveTags(references, mayCreateTags(caller, reach));
        const error = referenceError({ missing: [], tags, references, violations: [] });
        if (error) throw error;
        const carried = new Set([...unit.customer.tags, ...tags.tags].map((tag) => tag.id));
        if (carried.size > maxTagsPerCustomer) throw invalidRequest([tooManyTags]);
        if (carried.size === unit.customer.tags.length) unit.leave();
        await unit.addTags(tags.tags);
        return tags.tags.map((tag) => tag.id);
      });
      const carried = new Map(changed.customer.tags.map((tag) => [tag.id, tag]));
      return changed.resourceIds.flatMap((id) => carried.get(id) ?? []);
    },

    async list(customerId, caller, signal) {
      const customer = await customers.get({ visibility: visibilityOf(caller), id: customerId }, signal);
      if (!customer) throw notFound("Customer", customerId);
      return customer.tags;
    },
  };
}
