import { companyAccessFilter, mayCreateTags, requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, isRefused, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf } from "../../core/batch-items.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import type { MatchKeys, OnMatch } from "../../core/upsert.js";
import { earlyUpsertRefusals, requireLookupScope } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { checkFieldsOfEach } from "../custom-fields/custom-field-check.service.js";
import { preparedFields } from "../custom-fields/prepared-fields.service.js";
import type { CustomerItem } from "./customer-batch.service.js";
import type { NewCustomer } from "./customer-create.service.js";
import type { CustomerUpsertRepository } from "./customer-upsert.model.js";
import { type AskedUpsert, decideUpserts } from "./customer-upsert-decision.service.js";

/** An item of an upsert, valid by itself. */
export interface UpsertItem {
  readonly keys: MatchKeys;
  /** As it is created, with every key. */
  readonly customer: NewCustomer;
  /** Whether the phones and the email address are those of the request, and not only of the keys. */
  readonly statesPhones: boolean;
  readonly statesEmail: boolean;
}

interface UpsertDependencies {
  readonly customerUpserts: CustomerUpsertRepository;
  readonly customFields: CustomFieldRepository;
}

export type CustomerUpsertRules = ReturnType<typeof createCustomerUpserts>;

/** The rules of upserts. A created customer follows those of CreateCustomer, one that is found those of UpdateCustomer. */
export function createCustomerUpserts({ customerUpserts, customFields }: UpsertDependencies) {
  return {
    /**
     * Stores customers, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async store(
      batch: Batch<UpsertItem> & { readonly onMatch: OnMatch },
      principal: Principal,
      write: WriteContext,
    ): Promise<readonly BatchResult[]> {
      const { companyId, mode, onMatch } = batch;
      const access = requireCompanyAccess(principal, companyId);
      requireLookupScope(batch.items, principal, { scope: "customer:read", nouns: "customers" });
      const early = earlyUpsertRefusals(batch.items, {
        noun: "customer",
        externalIdsOf: ({ customer }) => customer.externalIds,
        check: ({ customer }) => requireBusinessAccess(access, [customer.preferredBusinessId]),
      });
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const items = batch.items.flatMap((one, position) =>
        isRefused(one) || early.has(position) ? [] : [{ position, upsert: one.value }],
      );
      const given = items.map(({ upsert }) => upsert.customer.customFields);
      const fields = await preparedFields(customFields, { access, association: "CUSTOMER", given }, write.signal);
      const records = given.map((values) => ({ write: "create" as const, current: {}, given: values }));
      const context = { access, association: "CUSTOMER", records } as const;
      const checked = await checkFieldsOfEach(fields, context, write.signal);
      const asked = items.map(
        (one, index): AskedUpsert => ({
          ...{ ...one, item: toCreated(one.upsert) },
          fields: checked[index] ?? { values: {}, violations: [] },
        }),
      );
      const viewOf = ({ customer }: CustomerItem) => duplicateView(principal, access, customer);
      return customerUpserts.store(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: batch.items.length },
          ...{ claims: claimsOf(batch.items), keepsIds: asked.some(({ item }) => item.id !== undefined) },
          ...(access.businessIds ? { businessIds: access.businessIds } : {}),
          refusesDuplicates: asked.some(({ item }) => viewOf(item).refuses && viewOf(item).customers),
        },
        write,
        (unit) =>
          decideUpserts(unit, asked, {
            ...{ access, early, mode, onMatch, write, viewOf, customFields: fields },
            mayCreateTags: mayCreateTags(principal, access),
            mayKeepIds: principal.scopes.has("record:import"),
          }),
      );
    },
  };
}

function toCreated({ keys, customer: { notes, address, ...customer } }: UpsertItem): CustomerItem {
  const texts = notes.map((text) => ({ text }));
  return {
    customer: { ...customer, notes: texts, ...(address ? { address } : {}) },
    ...{ status: "ACTIVE", appointments: {}, isImport: false },
    ...(keys.id === undefined ? {} : { id: keys.id }),
  };
}
