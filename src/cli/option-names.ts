import { DomainError } from "../core/errors.js";

/** The option that each field of a request comes from, by field path: `expired_time`, `scopes[0]`. */
export type OptionNames = Readonly<Record<string, string>>;

/** Entries for the items of a list: `--scope pet:read` for `scopes[0]`. */
export function itemNames(field: string, items: readonly string[]): OptionNames {
  return Object.fromEntries(items.map((item, index) => [`${field}[${index}]`, item]));
}

/** Runs the work. Violations of an error it throws name options instead of fields. */
export async function withOptionNames<T>(names: OptionNames, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError) || error.details.violations === undefined) throw error;
    const violations = error.details.violations.map((found) => ({ ...found, field: optionOf(names, found.field) }));
    throw new DomainError(error.reason, error.message, { ...error.details, violations }, { cause: error.cause });
  }
}

/** `organizations[0].id` is reported at the option of `organizations[0]`. */
function optionOf(names: OptionNames, field: string): string {
  return names[field] ?? names[field.replace(/\.\w+$/, "")] ?? field;
}
