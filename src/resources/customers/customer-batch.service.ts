import { companyAccessFilter, mayCreateTags, requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, isRefused, refusalOf, throwIfAnyRefused } from "../../core/batch.js";
import { DomainError, invalidRequest, violation } from "../../core/errors.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import type { IdempotencyClaim, WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { type CheckedFields, checkFieldsOfEach } from "../custom-fields/custom-field-check.service.js";
import type { Customer } from "./customer.model.js";
import type { CustomerBatchRepository } from "./customer-batch.model.js";
import { type AskedItem, decideBatch } from "./customer-batch-decision.service.js";
import type { ImportedFacts } from "./customer-import.service.js";

/** A customer of a batch, valid by itself. */
export interface CustomerItem extends ImportedFacts {
  /** The id in another system. Absent: the server generates one. */
  readonly id?: string;
  /** Whether it has ids, times, authors or states that only an import can have. */
  readonly isImport: boolean;
}

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
      requireImportScope(batch, principal);
      const early = earlyRefusals(batch, access);
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = await checkedItems(batch, { access, early, signal: write.signal });
      return customerBatches.create(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: batch.items.length },
          ...{ claims: claimsOf(batch), keepsIds: asked.some(({ item }) => item.id !== undefined) },
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
          readonly early: ReadonlyMap<number, DomainError>;
          readonly signal: AbortSignal;
        },
      ): Promise<readonly AskedItem[]> {
        const open = items.flatMap((one, position) =>
          isRefused(one) || checking.early.has(position) ? [] : [{ position, item: one.value }],
        );
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

/** Throws SCOPE_REQUIRED if an item has what only an import can have. */
function requireImportScope({ items }: Batch<CustomerItem>, { scopes }: Principal): void {
  const imports = items.some((item) => !isRefused(item) && item.value.isImport);
  if (!imports || scopes.has("record:import")) return;
  throw new DomainError(
    "SCOPE_REQUIRED",
    "Records with ids, times, authors or states require the scope record:import.",
    {
      metadata: { scope: "record:import" },
    },
  );
}

/** Items that are refused before anything is read. */
function earlyRefusals({ items }: Batch<CustomerItem>, access: CompanyAccess): ReadonlyMap<number, DomainError> {
  const refused = new Map<number, DomainError>();
  const [keys, ids] = [new Set<string>(), new Set<string>()];
  for (const [position, item] of items.entries()) {
    const refusal = isRefused(item)
      ? item.refusal
      : (refusalOf(() => requireBusinessAccess(access, [item.value.customer.preferredBusinessId])) ??
        repeatedIn(keys, "idempotency_key", item.claim?.key) ??
        repeatedIn(ids, "id", item.value.id));
    if (refusal) refused.set(position, refusal);
  }
  return refused;
}

/** The refusal of a value that an earlier item has. */
function repeatedIn(seen: Set<string>, field: string, value: string | undefined): DomainError | undefined {
  if (value === undefined) return undefined;
  const isRepeated = seen.has(value);
  seen.add(value);
  if (!isRepeated) return undefined;
  return invalidRequest([violation(field, "DUPLICATE_FIELD", "Must be unique in the request.")]);
}

function claimsOf({ items }: Batch<CustomerItem>): ReadonlyMap<number, IdempotencyClaim> {
  return new Map(
    items.flatMap((item, position) => (isRefused(item) || !item.claim ? [] : [[position, item.claim] as const])),
  );
}
