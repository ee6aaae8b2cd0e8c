import { isDeepStrictEqual } from "node:util";
import { mayCreateTags, requireBusinessAccess, requireCompanyAccess, targetIn } from "../../core/access.js";
import type { AddressRecord } from "../../core/address.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { importedProvenance, provenanceViolations } from "../../core/consent-provenance.js";
import { newChoice } from "../../core/contact-rule.js";
import { alreadyExistsError, DomainError, erasedError, invalidRequest, type Violation } from "../../core/errors.js";
import { type ImportedNote, toImportedNoteRecords } from "../../core/note.js";
import { refusedPhones } from "../../core/phone/contact-phone.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import {
  authorsOf,
  authorViolations,
  type ImportAuthors,
  type ImportTimes,
  type NestedRecord,
  nestedNotes,
  nestedViolations,
  prefixPaths,
  timesOf,
  timeViolations,
} from "../../core/record-import.js";
import { type FieldChange, requireEtag, type WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import {
  type CreatedCustomer,
  type Customer,
  type CustomerFields,
  type CustomerRepository,
  type CustomerStatus,
  referenceError,
} from "./customer.model.js";
import type { CustomerAdminRepository } from "./customer-admin.model.js";
import { type NewCustomer, quotaExceeded } from "./customer-create.service.js";

/** The validated input of ImportCustomer. */
interface CustomerImport extends CompanyResource, ImportTimes, ImportAuthors {
  readonly customer: NewImportedCustomer;
  readonly status: CustomerStatus;
  readonly appointments: Appointments;
}

type Appointments = Pick<CustomerFields, "lastAppointmentDate" | "nextAppointmentDate">;

/** The validated input of UpdateCustomerAppointments. */
interface AppointmentsUpdate extends CompanyResource {
  /** Throws ETAG_MISMATCH unless it equals the current etag. */
  readonly etag?: string;
  readonly change: FieldChange<Appointments>;
}

/** A customer whose address and notes can keep their ids. */
interface NewImportedCustomer extends Omit<NewCustomer, "address" | "notes"> {
  readonly address?: AddressRecord & { readonly id?: string };
  readonly notes: readonly ImportedNote[];
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

    erase: async (name: CompanyResource, principal: Principal, write: WriteContext) =>
      customerAdmin.erase(targetIn(principal, name), write),

    async import(input: CustomerImport, principal: Principal, write: WriteContext): Promise<CreatedCustomer> {
      const { companyId, id, customer } = input;
      const access = requireCompanyAccess(principal, companyId);
      requireBusinessAccess(access, [customer.preferredBusinessId]);
      const check = { access, association: "CUSTOMER", write: "create", current: {} } as const;
      const fields = await checkCustomFields(customFields, { ...check, given: customer.customFields }, write.signal);
      const violations = [...refusedPhones(customer.phones, access), ...fields.violations];
      const stored = await customerAdmin.import(targetIn(principal, input), write, async (unit) => {
        const authors = authorsOf(input, write);
        const resolved = await unit.resolveTags(customer.tags, mayCreateTags(principal, access));
        const missing = await unit.missing(customer);
        const refused = { missing, tags: resolved, references: customer.tags, violations };
        const own = [
          ...timeViolations(input, unit.now),
          ...(await authorViolations(unit, input)),
          ...(await nestedViolations(unit, nestedIn(customer))),
          ...prefixPaths(
            "customer.consent_provenance",
            await provenanceViolations(customer.provenance, unit.now, unit.missingStaff),
          ),
        ];
        refuse(own, referenceError(refused));
        if (await unit.exists()) throw alreadyExistsError("Customer", "id");
        const limit = await unit.count();
        if (limit !== undefined) throw quotaExceeded(companyId, limit);
        const times = timesOf(input, unit.now);
        await unit.insert({
          ...{ ...customer, ...authors, id, status: input.status, tags: resolved.tags, customFields: fields.values },
          ...{
            ...times,
            notes: toImportedNoteRecords(customer.notes, { time: times.createdTime, author: authors.createdBy }),
          },
          ...newChoice(customer.choice),
          provenance: importedProvenance(customer.provenance, {
            statesConsent: customer.choice.consent !== undefined,
            createdTime: times.createdTime,
          }),
          ...input.appointments,
        });
        if (await unit.isErased()) throw erasedError("Customer", id);
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

function nestedIn({ address, notes }: NewImportedCustomer): NestedRecord[] {
  const { id } = address ?? {};
  return [
    ...(id === undefined ? [] : [{ kind: "address", field: "customer.address", id } as const]),
    ...nestedNotes("note", "customer.notes", notes),
  ];
}

/** Throws all violations of the import and of its customer. */
function refuse(own: readonly Violation[], inCustomer: DomainError | undefined): void {
  const violations = [...own, ...prefixPaths("customer", inCustomer?.details.violations ?? [])];
  if (inCustomer?.reason === "SCOPE_REQUIRED") throw inCustomer;
  if (inCustomer?.reason === "TAG_ARCHIVED" && own.length === 0) {
    throw new DomainError("TAG_ARCHIVED", inCustomer.message, { violations });
  }
  if (violations.length > 0) throw invalidRequest(violations);
}
