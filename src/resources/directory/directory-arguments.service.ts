import { throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import { idFormat, idPrefixes, isClientAssignableId, isId, newId, reservedIdPrefix } from "../../core/ids.js";
import { nameRule, normalise, textFault } from "../../core/text.js";
import {
  type BusinessRecord,
  type CompanyRecord,
  countryFormat,
  isCountry,
  isTimeZone,
  timeZoneFormat,
} from "./directory.model.js";

/** Command-line arguments for a company. If the id is absent, one is generated. */
export interface CompanyArguments {
  readonly id: string | undefined;
  readonly name: string;
  readonly country: string;
  readonly timeZone: string;
}

/** Command-line arguments for a location. */
export interface BusinessArguments {
  readonly companyId: string;
  readonly id: string | undefined;
  readonly name: string;
}

/** Validates the arguments of a company. Throws INVALID_REQUEST with all violations. */
export function readCompany({
  id = newId(idPrefixes.company),
  country,
  timeZone,
  ...words
}: CompanyArguments): CompanyRecord {
  const name = normalise(words.name, nameRule);
  throwIfInvalid([
    ...idViolations(id),
    ...nameViolations(name),
    ...(isCountry(country) ? [] : [violation("country", "INVALID_FORMAT", countryFormat)]),
    ...(isTimeZone(timeZone) ? [] : [violation("time_zone", "INVALID_FORMAT", timeZoneFormat)]),
  ]);
  return { id, name, country, timeZone };
}

/** Validates the arguments of a location. Throws INVALID_REQUEST with all violations. */
export function readBusiness({
  id = newId(idPrefixes.business),
  companyId,
  ...words
}: BusinessArguments): BusinessRecord {
  const name = normalise(words.name, nameRule);
  throwIfInvalid([...idViolations(id), ...nameViolations(name), ...(isId(companyId) ? [] : [noCompany])]);
  return { companyId, id, name, ...noTexts };
}

const noCompany = violation("company_id", "NOT_FOUND", "Not found.");

const noTexts = {
  ...{ avatar: "", phone: "", businessPhone: "", email: "" },
  ...{ website: "", facebook: "", instagram: "", yelp: "", google: "" },
} as const;

function idViolations(id: string): Violation[] {
  if (!isId(id)) return [violation("id", "INVALID_FORMAT", idFormat)];
  if (isClientAssignableId(id)) return [];
  return [violation("id", "NOT_ALLOWED", reservedIdPrefix)];
}

function nameViolations(name: string): Violation[] {
  const fault = textFault(name, nameRule);
  return fault ? [{ field: "name", ...fault }] : [];
}
