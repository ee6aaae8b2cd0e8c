import { isDeepStrictEqual } from "node:util";
import { mayCreateTags, requireBusinessAccess, requireCompanyAccess, targetIn } from "../../core/access.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { alreadyExistsError, erasedError } from "../../core/errors.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import { refusedPhones } from "../../core/phone/contact-phone.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import { type FieldChange, requireEtag, type WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import { type CreatedCustomer, type Customer, type CustomerRepository, referenceError } from "./customer.model.js";
import type { CustomerAdminRepository } from "./customer-admin.model.js";
import { quotaExceeded } from "./customer-create.service.js";
import {
  type Appointments,
  type CustomerImport,
  importedRecord,
  importRefusal,
  importViolations,
} from "./customer-import.service.js";

/** The validated input of UpdateCustomerAppointments. */
interface AppointmentsUpdate extends CompanyResource {
  /** Throws ETAG_MISMATCH unless it equals the current etag. */
  readonly etag?: string;
  readonly change: FieldChange<Appointments>;
}

interface CustomerAdminDependencies {
  readonly customers: CustomerRepository;
  readonly customerAdmin: CustomerAdminRepository;
  readonly customFields: CustomFieldRepository;
}

export type CustomerAdmin = ReturnType<typeof createCustomerAdmin>;

/** The rules of customer administration. */
export function createCustomerAdmin({ customers, customerAdmin, customFields }: CustomerAdminDependencies) {
  return {
    setArchived: async (name: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) =>
      customerAdmin.setArchived(targetIn(principal, name), archived, write, async ({ companyId, count, uncount }) => {
        if (archived) return uncount();
        const limit = await count();
        if (limit !== undefined) throw quotaExceeded(companyId, limit);
      }),

    erase: async (name: CompanyResource, principal: Principal, write: WriteContext, condition?: ErasureCondition) =>
      customerAdmin.erase(targetIn(principal, name), write, condition),

    async import(input: CustomerImport, principal: Principal, write: WriteContext): Promise<CreatedCustomer> {
      const { companyId, id, customer } = input;
      const access = requireCompanyAccess(principal, companyId);
      requireBusinessAccess(access, [customer.preferredBusinessId]);
      const check = { access, association: "CUSTOMER", write: "create", current: {} } as const;
      const fields = await checkCustomFields(customFields, { ...check, given: customer.customFields }, write.signal);
      const violations = [...refusedPhones(customer.phones, access), ...fields.violations];
      const stored = await customerAdmin.import(targetIn(principal, input), write, async (unit) => {
        const resolved = await unit.resolveTags(customer.tags, mayCreateTags(principal, access));
        const missing = await unit.missing(customer);
        const refused = { missing, tags: resolved, references: customer.tags, violations };
        const refusal = importRefusal(await importViolations(unit, input), referenceError(refused));
        if (refusal) throw refusal;
        if ((await unit.exists()) || (await unit.isMerged())) throw alreadyExistsError("Customer", "id");
        const limit = await unit.count();
        if (limit !== undefined) throw quotaExceeded(companyId, limit);
        const record = importedRecord(input, { now: unit.now, write });
        await unit.insert({ ...record, id, tags: resolved.tags, customFields: fields.values });
        // Storing waits for an erasure or a merge in progress.
        if (await unit.isErased()) throw erasedError("Customer", id);
        if (await unit.isMerged()) throw alreadyExistsError("Customer", "id");
      });
      const view = duplicateView(principal, access);
      return { customer: stored, duplicates: await customers.findDuplicates(stored, view, write.signal) };
    },

    async updateAppointments(update: AppointmentsUpdate, principal: Principal, write: WriteContext): Promise<Customer> {
      const { customer } = await customers.change(targetIn(principal, update), write, {}, async (unit) => {
        const { customer: former } = unit;
        requireEtag(update.etag, former, "Customer");
        // A scheduling system that repeats what it has sent must not wake everything that follows the customer.
        if (isDeepStrictEqual(appointmentsOf({ ...former, ...update.change }), appointmentsOf(former)))
          unit.skipUpdate();
        else await unit.save(update.change);
        return { kind: "customer", ids: [former.id] };
      });
      return customer;
    },

    /** Returns the remaining tags. */
    async removeTags(
      { tagIds, ...name }: CompanyResource & { readonly tagIds: readonly string[] },
      principal: Principal,
      write: WriteContext,
    ) {
      const { customer } = await customers.change(targetIn(principal, name), write, {}, async (unit) => {
        const rest = unit.customer.tags.filter((tag) => !tagIds.includes(tag.id));
        if (rest.length === unit.customer.tags.length) unit.skipUpdate();
        else await unit.replaceTags(rest);
        return { kind: "tag", ids: [] };
      });
      return customer.tags;
    },
  };
}

function appointmentsOf({ lastAppointmentDate, nextAppointmentDate }: FieldChange<Appointments>) {
  return [lastAppointmentDate ?? null, nextAppointmentDate ?? null];
}
