import { z } from "zod";
import { type CompanyLimitName, companyLimitDocs } from "../core/company-limits.js";
import { type VariableDoc, variableDocs } from "./variable-docs.js";

/** The variables that limit what a company may have (core/company-limits.ts). */
export const companyLimitsSchema = z.object({
  MAX_CUSTOM_FIELDS: limit("MAX_CUSTOM_FIELDS"),
  MAX_CUSTOM_FIELD_OPTIONS: limit("MAX_CUSTOM_FIELD_OPTIONS"),
  MAX_CUSTOM_FIELD_BYTES: limit("MAX_CUSTOM_FIELD_BYTES"),
  MAX_CUSTOM_FIELD_BYTES_IN_ALL: limit("MAX_CUSTOM_FIELD_BYTES_IN_ALL"),
  MAX_TAGS: limit("MAX_TAGS"),
  MAX_TAG_GROUPS: limit("MAX_TAG_GROUPS"),
  MAX_REFERRAL_SOURCES: limit("MAX_REFERRAL_SOURCES"),
  MAX_LIFE_CYCLES: limit("MAX_LIFE_CYCLES"),
  MAX_ACTION_STATUSES: limit("MAX_ACTION_STATUSES"),
  MAX_PET_CODES: limit("MAX_PET_CODES"),
  MAX_PET_SIZES: limit("MAX_PET_SIZES"),
  MAX_PET_TYPES: limit("MAX_PET_TYPES"),
  MAX_PET_COAT_TYPES: limit("MAX_PET_COAT_TYPES"),
  MAX_VIP_LEVELS: limit("MAX_VIP_LEVELS"),
  MAX_PACKAGE_TEMPLATES: limit("MAX_PACKAGE_TEMPLATES"),
  MAX_SERVICES: limit("MAX_SERVICES"),
  MAX_EXTERNAL_APIS: limit("MAX_EXTERNAL_APIS"),
  MAX_IVR_FLOWS: limit("MAX_IVR_FLOWS"),
  MAX_BUSINESSES: limit("MAX_BUSINESSES"),
  MAX_STAFF: limit("MAX_STAFF"),
  MAX_API_KEYS: limit("MAX_API_KEYS"),
});

function limit(name: CompanyLimitName) {
  const { fallback, most } = companyLimitDocs[name];
  return integerVariable({ min: 1, max: most, fallback });
}

interface IntegerRange {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

export function integerVariable({ min, max, fallback }: IntegerRange) {
  const expected = `an integer from ${min} to ${max}`;
  return numberVariable({ min, max, fallback }, { expected, example: String(fallback) });
}

export function numberVariable({ min, max, fallback }: IntegerRange, doc: VariableDoc) {
  const inRange = (value: string) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
  return z.string().refine(inRange).transform(Number).default(fallback).register(variableDocs, doc);
}
