import { companyAccessFilter, mayCreateTags, requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { applyConsent, type ConsentChange, defaultConsent } from "../../core/consent.js";
import { DomainError, invalidRequest, notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { accessFilterOf, type Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field-values.model.js";
import {
  type CardLinkRepository,
  type Customer,
  type CustomerFilter,
  type CustomerRecord,
  type CustomerRepository,
  referenceError,
} from "./customer.model.js";
import { applyUpdate, type CustomerUpdate } from "./customer-update.service.js";

/** The validated input of CreateCustomer. */
export interface NewCustomer extends Omit<CustomerRecord, "consent"> {
  readonly consent: ConsentChange;
}

export interface CustomerDependencies {
  readonly customers: CustomerRepository;
  readonly customFields: CustomFieldRepository;
  readonly cardLinks: CardLinkRepository;
  /** Base URL of card links, without a trailing slash. Known once the server listens. */
  readonly publicBaseUrl: () => string;
}

export interface Customers {
  create(input: NewCustomer, principal: Principal, write: WriteContext): Promise<Customer>;
  get(id: string, principal: Principal, signal: AbortSignal): Promise<Customer>;
  update(input: CustomerUpdate, principal: Principal, write: WriteContext): Promise<Customer>;
  /** Returns one row more than the page size if there is a next page. */
  list(query: ListCustomers, principal: Principal, signal: AbortSignal): Promise<readonly Customer[]>;
  /** A link to enter a payment card, valid once within 24 hours. */
  mintCardLink(id: string, principal: Principal, write: WriteContext): Promise<string>;
}

export interface ListCustomers {
  readonly companyId: string;
  readonly filter: CustomerFilter;
  readonly page: Page;
}

/** MoeGo API reference, "Generate Card-on-File Link". */
const cardLinkLifetimeMs = 24 * 60 * 60 * 1000;

/** The rules of customers. */
export function createCustomers({
  customers,
  customFields,
  cardLinks,
  publicBaseUrl,
}: CustomerDependencies): Customers {
  return {
    async create(input, principal, write) {
      const { companyId } = input;
      const access = requireCompanyAccess(principal, companyId);
      requireBusinessAccess(access, [input.preferredBusinessId]);
      const check = {
        access,
        association: "CUSTOMER",
        write: "create",
        current: {},
        given: input.customFields,
      } as const;
      const fields = await checkCustomFields(customFields, check, write.signal);
      const record = { ...input, consent: applyConsent(defaultConsent, input.consent), customFields: fields.values };
      // A record with invalid fields is not stored, but the statement still reports its other violations.
      const admit = fields.violations.length === 0;
      const admission = {
        admit,
        mayCreateTags: mayCreateTags(principal, access),
        accessFilter: companyAccessFilter(access),
      };
      const outcome = await customers.create(record, admission, write);
      switch (outcome.kind) {
        case "created":
          return outcome.customer;
        case "refused": {
          const refused = { ...outcome, references: input.tags, violations: fields.violations };
          throw referenceError(refused) ?? invalidRequest(fields.violations);
        }
        case "quota":
          throw quotaExceeded(companyId, outcome.limit);
        default:
          return outcome satisfies never;
      }
    },

    async get(id, principal, signal) {
      const customer = await customers.get({ accessFilter: accessFilterOf(principal), id }, signal);
      if (!customer) throw notFoundError("Customer", id);
      return customer;
    },

    async update(input, principal, write) {
      const access = requireCompanyAccess(principal, input.companyId);
      const { preferredBusinessId } = input.columns;
      if (preferredBusinessId) requireBusinessAccess(access, [preferredBusinessId]);
      const target = { accessFilter: companyAccessFilter(access), id: input.id };
      const context = { access, mayCreateTags: mayCreateTags(principal, access), signal: write.signal };
      const changed = await customers.change(target, write, (unit) => applyUpdate(unit, input, context));
      return changed.customer;
    },

    async list({ companyId, filter, page }, principal, signal) {
      const access = requireCompanyAccess(principal, companyId);
      requireBusinessAccess(access, filter.preferredBusinessIds ?? []);
      const preferredBusinessIds = filter.preferredBusinessIds ?? access.businessIds;
      const seen = { ...filter, ...(preferredBusinessIds ? { preferredBusinessIds } : {}) };
      return customers.list({ companyId, filter: seen, page }, signal);
    },

    async mintCardLink(id, principal, write) {
      const token = await cardLinks.mint({ accessFilter: accessFilterOf(principal), id }, cardLinkLifetimeMs, write);
      return `${publicBaseUrl()}/cof/${token}`;
    },
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
