import { DomainError } from "./errors.js";

interface CompanyLimitDoc {
  readonly fallback: number;
  /** The largest value of the setting. */
  readonly most: number;
  /** What is counted, as in a sentence. */
  readonly things: string;
}

/** The longest list that a reorder request can contain. */
const mostOrdered = 5_000;

/**
 * What a company may have, by the setting of the server (config/company-limits-schema.ts). Archived entries are not
 * counted.
 */
export const companyLimitDocs = {
  MAX_CUSTOM_FIELDS: count(200, "custom fields"),
  MAX_CUSTOM_FIELD_OPTIONS: count(200, "options", 1_000),
  MAX_CUSTOM_FIELD_BYTES: count(64 * 1024, "bytes", 1024 * 1024),
  MAX_CUSTOM_FIELD_BYTES_IN_ALL: count(1024 * 1024, "bytes of custom fields", 2 ** 24),
  MAX_TAGS: count(1_000, "tags"),
  MAX_TAG_GROUPS: count(200, "tag groups"),
  MAX_REFERRAL_SOURCES: count(500, "referral sources"),
  MAX_LIFE_CYCLES: count(200, "life cycle stages"),
  MAX_ACTION_STATUSES: count(200, "action statuses"),
  MAX_PET_CODES: count(500, "pet codes"),
  MAX_PET_SIZES: count(200, "pet sizes"),
  MAX_PET_TYPES: count(200, "pet types"),
  MAX_PET_COAT_TYPES: count(200, "coat types"),
  MAX_VIP_LEVELS: count(200, "VIP levels"),
  MAX_PACKAGE_TEMPLATES: count(500, "package templates"),
  MAX_SERVICES: count(2_000, "catalog services", 100_000),
  MAX_EXTERNAL_APIS: count(200, "external APIs", 100_000),
  MAX_IVR_FLOWS: count(200, "IVR flows", 100_000),
  MAX_BUSINESSES: count(500, "locations", 100_000),
  MAX_STAFF: count(5_000, "staff members", 100_000),
  MAX_API_KEYS: count(500, "API keys", 100_000),
} satisfies Record<string, CompanyLimitDoc>;

export type CompanyLimitName = keyof typeof companyLimitDocs;

/** The configured limits of every company. */
export type CompanyLimits = Readonly<Record<CompanyLimitName, number>>;

/** Archived entries stay stored and are listed on request. All entries together may be this many times the limit. */
export const archivedShare = 4;

export interface ReachedLimit {
  readonly companyId: string;
  readonly name: CompanyLimitName;
  readonly limit: number;
  /** Whether the limit of all entries is reached, with those that are archived. */
  readonly withArchived?: boolean;
}

/** RESOURCE_EXHAUSTED: a company has as much of one thing as it may have. */
export function companyLimitReached({ companyId, name, limit, withArchived = false }: ReachedLimit): DomainError {
  const { things } = companyLimitDocs[name];
  const counted = `${limit} ${things}${withArchived ? ", archived ones included" : ""}`;
  const advice = withArchived
    ? "Ask the operator to raise it."
    : "Archive or remove some, or ask the operator to raise it.";
  return new DomainError("COMPANY_LIMIT_REACHED", `The company has reached its limit of ${counted}.`, {
    metadata: { companyId, limit: String(limit), setting: name },
    quota: { subject: `company:${companyId}`, description: `Limit of ${counted}. ${advice}` },
  });
}

function count(fallback: number, things: string, most: number = mostOrdered): CompanyLimitDoc {
  return { fallback, most, things };
}

/** Limits that refuse writes. They refuse growth only: what is stored stays readable, can be changed and can shrink. */
export interface WriteLimits {
  readonly ofCompany: CompanyLimits;
  /** Size of one record with everything that it contains (core/record-size.ts). */
  readonly recordBytes: number;
}
