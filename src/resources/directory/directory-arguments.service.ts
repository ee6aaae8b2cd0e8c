import { invalidRequest, type Violation } from "../../core/errors.js";
import { erasedPrefix, idPrefixes, isClientAssignableId, isId, newId } from "../../core/ids.js";
import { nameRule, normalise, textFault } from "../../core/text.js";
import type { BusinessRecord, CompanyRecord } from "./directory-admin.model.js";
import { isCountry, isTimeZone } from "./directory-fields.model.js";

/** What a person at a terminal says of a company; an id that is not given is made. */
export interface CompanyArguments {
  readonly id: string | undefined;
  readonly name: string;
  readonly country: string;
  readonly timeZone: string;
}

/** What a person at a terminal says of a location. */
export interface BusinessArguments {
  readonly companyId: string;
  readonly id: string | undefined;
  readonly name: string;
}

/** The company that the words describe. Throws INVALID_REQUEST with everything that is wrong. */
export function readCompany({
  id = newId(idPrefixes.company),
  country,
  timeZone,
  ...words
}: CompanyArguments): CompanyRecord {
  const name = normalise(words.name, nameRule);
  refuse([
    ...idViolations(id),
    ...nameViolations(name),
    ...(isCountry(country)
      ? []
      : [invalid("country", "Must be a country of ISO 3166-1 with telephone numbers, such as US.")]),
    ...(isTimeZone(timeZone)
      ? []
      : [invalid("time_zone", "Must be UTC or an IANA zone of area and location, such as America/New_York.")]),
  ]);
  return { id, name, country, timeZone };
}

/** The location that the words describe. Throws INVALID_REQUEST with everything that is wrong. */
export function readBusiness({
  id = newId(idPrefixes.business),
  companyId,
  ...words
}: BusinessArguments): BusinessRecord {
  const name = normalise(words.name, nameRule);
  refuse([...idViolations(id), ...nameViolations(name), ...(isId(companyId) ? [] : [noCompany])]);
  return { companyId, id, name, ...noTexts };
}

const noCompany: Violation = { field: "company_id", reason: "NOT_FOUND", description: "No such company." };

const noTexts = {
  ...{ avatar: "", phone: "", businessPhone: "", email: "" },
  ...{ website: "", facebook: "", instagram: "", yelp: "", google: "" },
} as const;

function refuse(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalidRequest(violations);
}

function invalid(field: string, description: string): Violation {
  return { field, reason: "INVALID_FORMAT", description };
}

function idViolations(id: string): Violation[] {
  if (!isId(id)) return [invalid("id", "Must be 1 to 30 characters of A-Z, a-z, 0-9, _, . and -.")];
  if (isClientAssignableId(id)) return [];
  return [{ field: "id", reason: "NOT_ALLOWED", description: `Must not begin with ${erasedPrefix}.` }];
}

function nameViolations(name: string): Violation[] {
  const fault = textFault(name, nameRule);
  return fault ? [{ field: "name", ...fault }] : [];
}
