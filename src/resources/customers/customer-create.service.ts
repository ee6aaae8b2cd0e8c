import { companyAccessFilter, mayCreateTags, requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { companyLimitReached } from "../../core/company-limits.js";
import { type ContactChange, newChoice } from "../../core/contact-rule.js";
import { DomainError, invalidRequest } from "../../core/errors.js";
import { refusedPhones } from "../../core/phone/contact-phone.js";
import { duplicateRecord, duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { type CheckedFields, checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import {
  type CreatedCustomer,
  type CustomerRecord,
  type CustomerRepository,
  referenceError,
} from "./customer.model.js";

/** The validated input of CreateCustomer. */
export interface NewCustomer extends Omit<CustomerRecord, "consent" | "preference"> {
  readonly choice: ContactChange;
  readonly allowDuplicate: boolean;
}

/**
 * The rules of CreateCustomer. Definitions of custom fields are read only for a request with custom fields, and for a
 * company that expects some: the statement that creates the customer says so.
 */
export function createNewCustomers(customers: CustomerRepository, customFields: CustomFieldRepository) {
  /** Companies that expected fields when last seen. Their definitions are read first, which saves an attempt. */
  const expecting = new Set<string>();

  /** For a request without fields, the values are defaults and the violations are of required fields. */
  function remember(companyId: string, { values, violations }: CheckedFields): void {
    if (Object.keys(values).length > 0 || violations.length > 0) expecting.add(companyId);
    else expecting.delete(companyId);
  }

  return async (
    { choice, allowDuplicate, ...input }: NewCustomer,
    principal: Principal,
    write: WriteContext,
  ): Promise<CreatedCustomer> => {
    const { companyId, customFields: given } = input;
    const access = requireCompanyAccess(principal, companyId);
    requireBusinessAccess(access, [input.preferredBusinessId]);
    const ofPhones = refusedPhones(input.phones, access);
    const chosen = newChoice(choice);

    /** @param fields absent if the company is assumed to expect none */
    async function attempt(fields?: CheckedFields) {
      const violations = [...ofPhones, ...(fields?.violations ?? [])];
      const admission = {
        // A record with invalid fields is not stored, but the statement still reports its other violations.
        admit: violations.length === 0,
        assumesNoFields: fields === undefined,
        mayCreateTags: mayCreateTags(principal, access),
        accessFilter: companyAccessFilter(access),
        duplicates: duplicateView(principal, access, { allowDuplicate }),
      };
      const record = { ...input, ...chosen, customFields: fields?.values ?? {} };
      return { outcome: await customers.create(record, admission, write), violations };
    }

    async function checkedAttempt() {
      const check = { access, association: "CUSTOMER", write: "create", current: {}, given } as const;
      const fields = await checkCustomFields(customFields, check, write.signal);
      if (isWithoutFields) remember(companyId, fields);
      return attempt(fields);
    }

    const isWithoutFields = Object.keys(given).length === 0;
    const isAssumable = isWithoutFields && !expecting.has(companyId);
    let { outcome, violations } = await (isAssumable ? attempt() : checkedAttempt());
    if (outcome.kind === "expectsFields") ({ outcome, violations } = await checkedAttempt());
    switch (outcome.kind) {
      case "created":
        return outcome;
      case "refused": {
        const refused = { ...outcome, references: input.tags, violations };
        throw referenceError(refused) ?? invalidRequest(violations);
      }
      case "duplicate":
        throw duplicateRecord(companyId, outcome.refusing);
      case "full":
        throw companyLimitReached({ companyId, name: "MAX_TAGS", limit: outcome.maxTags });
      case "quota":
        throw quotaExceeded(companyId, outcome.limit);
      case "expectsFields":
        throw new Error("the create statement asked for fields that were checked");
      default:
        return outcome satisfies never;
    }
  };
}

/** RESOURCE_EXHAUSTED: the company has reached its customer limit. */
export function quotaExceeded(companyId: string, limit: number): DomainError {
  return new DomainError("CUSTOMER_QUOTA_EXCEEDED", `The company has reached its limit of ${limit} customers.`, {
    metadata: { companyId, limit: String(limit) },
    quota: {
      subject: `company:${companyId}`,
      description: `Limit of ${limit} customers. Archive customers or raise the limit.`,
    },
  });
}
