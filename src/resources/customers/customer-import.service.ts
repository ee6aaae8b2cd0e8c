import type { AddressRecord } from "../../core/address.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { importedProvenance, provenanceViolations } from "../../core/consent-provenance.js";
import { newChoice } from "../../core/contact-rule.js";
import { DomainError, invalidRequest, type Violation } from "../../core/errors.js";
import { type ImportedNote, toImportedNoteRecords } from "../../core/note.js";
import {
  authorsOf,
  authorViolations,
  type ImportAuthors,
  type ImportTimes,
  type NestedRecord,
  type NestedRecordLookup,
  nestedNotes,
  nestedViolations,
  prefixPaths,
  timesOf,
  timeViolations,
} from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomerFields, CustomerStatus } from "./customer.model.js";
import type { NewCustomer } from "./customer-create.service.js";

/** A customer migrated from another system, apart from its id. */
export interface ImportedFacts extends ImportTimes, ImportAuthors {
  readonly customer: NewImportedCustomer;
  readonly status: CustomerStatus;
  readonly appointments: Appointments;
}

/** The validated input of ImportCustomer. */
export interface CustomerImport extends CompanyResource, ImportedFacts {}

export type Appointments = Pick<CustomerFields, "lastAppointmentDate" | "nextAppointmentDate">;

/** A customer whose address and notes can keep their ids. */
export interface NewImportedCustomer extends Omit<NewCustomer, "address" | "notes"> {
  readonly address?: AddressRecord & { readonly id?: string };
  readonly notes: readonly ImportedNote[];
}

/** What is wrong with the times, authors and ids of an import. */
export async function importViolations(unit: NestedRecordLookup, input: ImportedFacts): Promise<readonly Violation[]> {
  const { customer } = input;
  return [
    ...timeViolations(input, unit.now),
    ...(await authorViolations(unit, input)),
    ...(await nestedViolations(unit, nestedIn(customer))),
    ...prefixPaths(
      "customer.consent_provenance",
      await provenanceViolations(customer.provenance, unit.now, unit.missingStaff),
    ),
  ];
}

/** What an import stores beside what it refers to. */
export function importedRecord(
  input: ImportedFacts & { readonly companyId: string },
  { now, write }: { readonly now: Date; readonly write: WriteContext },
) {
  const { customer } = input;
  const { choice, allowDuplicate: _, ...fields } = customer;
  const authors = authorsOf(input, write);
  const times = timesOf(input, now);
  return {
    ...{ ...fields, ...authors, ...times, status: input.status, ...newChoice(choice) },
    notes: toImportedNoteRecords(customer.notes, { time: times.createdTime, author: authors.createdBy }),
    provenance: importedProvenance(customer.provenance, {
      statesConsent: choice.consent !== undefined,
      createdTime: times.createdTime,
    }),
    ...input.appointments,
  };
}

function nestedIn({ address, notes }: NewImportedCustomer): NestedRecord[] {
  const { id } = address ?? {};
  return [
    ...(id === undefined ? [] : [{ kind: "address", field: "customer.address", id } as const]),
    ...nestedNotes("note", "customer.notes", notes),
  ];
}

/** The refusal of an import with all violations, its own and those of its customer. */
export function importRefusal(own: readonly Violation[], inCustomer: DomainError | undefined): DomainError | undefined {
  const violations = [...own, ...prefixPaths("customer", inCustomer?.details.violations ?? [])];
  if (inCustomer?.reason === "SCOPE_REQUIRED") return inCustomer;
  if (inCustomer?.reason === "TAG_ARCHIVED" && own.length === 0) {
    return new DomainError("TAG_ARCHIVED", inCustomer.message, { violations });
  }
  return violations.length > 0 ? invalidRequest(violations) : undefined;
}
