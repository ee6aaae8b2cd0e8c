import { DomainError, type Reason } from "../../core/errors.js";
import type { Refusal } from "../reading/row.js";
import type { RowFault } from "../records/row-reader.js";

/** What became of a row. */
export type RowOutcome = "created" | "updated" | "skipped" | "failed";

/** Why a record was not stored, in words for the person who has the file. */
export interface Refused {
  /** The field of the import that is at fault. Empty if unknown. */
  readonly field: string;
  readonly reason: string;
  readonly remedy: string;
}

/** Errors that are about one record. Any other one ends the run, which can be repeated. */
const aboutRecord: ReadonlySet<Reason> = new Set<Reason>([
  ...(["INVALID_REQUEST", "TAG_ARCHIVED", "RESOURCE_NOT_FOUND", "RESOURCE_ARCHIVED", "RESOURCE_ERASED"] as const),
  ...(["ALREADY_EXISTS", "CUSTOMER_QUOTA_EXCEEDED", "COMPANY_LIMIT_REACHED", "MESSAGE_TOO_LARGE"] as const),
  ...(["DUPLICATE_RECORD", "BUSINESS_NOT_ALLOWED", "AMBIGUOUS_ID", "LEAD_PROMOTED", "RESOURCE_MERGED"] as const),
]);

/** Whether the record is stored already. */
export function isStored(error: unknown): boolean {
  return error instanceof DomainError && error.reason === "ALREADY_EXISTS";
}

/** The refusals in an error. Throws it again if it is not about the record. */
export function refusedBy(error: unknown): readonly Refused[] {
  if (!(error instanceof DomainError) || !aboutRecord.has(error.reason)) throw error;
  if (error.reason === "RESOURCE_ERASED") {
    const reason = "The person was erased from the company on request.";
    return [{ field: "", reason, remedy: "Leave the row out of the file." }];
  }
  if (error.reason === "RESOURCE_MERGED") {
    const reason = "The customer was merged into another one during the import.";
    return [{ field: "owner.id", reason, remedy: "Run the import again: it finds the other one." }];
  }
  const violations = error.details.violations ?? [];
  if (violations.length === 0) return [{ field: "", reason: error.message, remedy: "See the reason." }];
  return violations.map(({ field, description }) => {
    return ofRecords(field) ?? { field: fieldOf(field), ...inWords(description) };
  });
}

/** What the server says of a field, in words for a cell. */
function inWords(description: string): Refusal {
  const [, limit] = /^Must have at most ([\d,]+) characters\.$/.exec(description) ?? [];
  if (limit !== undefined) {
    const reason = `The text has more than ${Number(limit.replaceAll(",", "")).toLocaleString("en")} characters.`;
    return { reason, remedy: "Shorten the text." };
  }
  if (description === "Must not contain control characters." || description === "Must be valid Unicode.")
    return { reason: "The cell has a character that cannot be seen.", remedy: "Write the cell again." };
  return { reason: description, remedy: "Correct the cell." };
}

/** What is wrong with the records that a package refers to, and not with a cell. */
function ofRecords(path: string): Refused | undefined {
  if (path === "sale.customer_id") {
    const remedy = "Restore the customer, or leave the row out of the file.";
    return { field: "owner.id", reason: "The customer is archived, or not there any more.", remedy };
  }
  if (/^sale\.package_services.*\.service_id$/.test(path)) {
    const reason = "The package template has a service that is inactive or does not exist.";
    return { field: "package.name", reason, remedy: "Activate the service, or change the template." };
  }
  if (!/^sale\.package_services.*\.unit_price/.test(path)) return undefined;
  const reason = "A service of the package template has a price in another currency.";
  return { field: "package.name", reason, remedy: "Set a price of the service in the template." };
}

const ends: Readonly<Record<string, string>> = {
  ...{ first_name: "owner.first_name", last_name: "owner.last_name", email: "owner.email", phone: "owner.phone" },
  ...{ phones: "owner.phone", preferred_business_id: "owner.location", tags: "owner.tags", notes: "owner.note" },
  ...{ created_time: "owner.created_time", consent_provenance: "owner.consent_time" },
};

const ofSale: Readonly<Record<string, string>> = {
  ...{ customer_id: "owner.id", template_id: "package.name", business_id: "package.location", note: "package.note" },
  ...{ purchase_time: "package.sold", expiration_date: "package.expires", package_price: "package.price" },
  ...{ remaining_quantities: "package.remaining", package_services: "package.units" },
};

/** `customer.address.postal_code` is the field `owner.postal_code`, `pet.notes[0].content` is `pet.note`. */
function fieldOf(path: string): string {
  const parts = path.replaceAll(/\[[^\]]*\]/g, "").split(".");
  const last = parts.at(-1) ?? "";
  if (parts[0] === "sale") return ofSale[parts[1] ?? ""] ?? "";
  if (parts[0] === "pet") return last === "content" || parts[1] === "notes" ? "pet.note" : `pet.${parts[1] ?? last}`;
  if (parts[1] === "address") return `owner.${last}`;
  return ends[parts[1] ?? last] ?? `owner.${last}`;
}

/** A refused record as faults of its row. */
export function faultsOf(row: number, refused: readonly Refused[], cellOf: (field: string) => Cell): RowFault[] {
  return refused.map(({ field, reason, remedy }) => ({ row, ...cellOf(field), reason, remedy }));
}

interface Cell {
  readonly column: string;
  readonly value: string;
}
