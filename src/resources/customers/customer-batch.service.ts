import { companyAccessFilter, mayCreateTags, requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, throwIfAnyRefused } from "../../core/batch.js";
import {
  claimsOf,
  earlyRefusals,
  type NewItem,
  openItems,
  type Refusals,
  requireImportScope,
} from "../../core/batch-items.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { type CheckedFields, checkFieldsOfEach } from "../custom-fields/custom-field-check.service.js";
import type { Customer } from "./customer.model.js";
import type { CustomerBatchRepository } from "./customer-batch.model.js";
import { type AskedItem, decideBatch } from "./customer-batch-decision.service.js";
import type { ImportedFacts } from "./customer-import.service.js";

/** A customer of a batch, valid by itself. */
export interface CustomerItem extends ImportedFacts, NewItem {}

interface CustomerBatchDependencies {
  readonly customerBatches: CustomerBatchRepository;
  readonly customFields: CustomFieldRepository;
}

export type CustomerBatches = ReturnType<typeof createCustomerBatches>;

/** The rules of batches of customers. Those of each customer are the ones of CreateCustomer and ImportCustomer. */
export function createCustomerBatches({ customerBatches, customFields }: CustomerBatchDependencies) {
  return {
    /**
     * Stores customers, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async create(
      batch: Batch<CustomerItem>,
      principal: Principal,
      write: WriteContext,
    ): Promise<readonly BatchResult[]> {
      const { companyId, mode } = batch;
      const access = requireCompanyAccess(principal, companyId);
      requireImportScope(batch.items, principal);
      const early = earlyRefusals(batch.items, ({ customer }) =>
        requireBusinessAccess(access, [customer.preferredBusinessId]),
      );
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = await checkedItems(batch, { access, early, signal: write.signal });
      return customerBatches.create(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: batch.items.length },
          ...{ claims: claimsOf(batch.items), keepsIds: asked.some(({ item }) => item.id !== undefined) },
          imported: batch.imported,
        },
        write,
        (unit) =>
          decideBatch(unit, asked, {
            ...{ access, early, mode, write, mayCreateTags: mayCreateTags(principal, access) },
            viewOf: ({ customer }) => duplicateView(principal, access, customer),
          }),
      );

      async function checkedItems(
        { items }: Batch<CustomerItem>,
        checking: {
          readonly access: CompanyAccess;
          readonly early: Refusals;
          readonly signal: AbortSignal;
        },
      ): Promise<readonly AskedItem[]> {
        const open = openItems(items, checking.early);
        const records = open.map(({ item }) => ({
          ...({ write: "create", current: {}, given: item.customer.customFields } as const),
        }));
        const context = { access: checking.access, association: "CUSTOMER", records } as const;
        const fields = await checkFieldsOfEach(customFields, context, checking.signal);
        return open.map((one, index) => ({ ...one, fields: fields[index] ?? noFields }));
      }
    },

    /** The customers with these ids that the principal can access. */
    async find(
      { companyId, ids }: { readonly companyId: string; readonly ids: readonly string[] },
      principal: Principal,
      signal: AbortSignal,
    ): Promise<readonly Customer[]> {
      const accessFilter = companyAccessFilter(requireCompanyAccess(principal, companyId));
      return customerBatches.find(accessFilter, ids, signal);
    },
  };
}

const noFields: CheckedFields = { values: {}, violations: [] };
