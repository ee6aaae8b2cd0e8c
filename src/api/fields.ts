import { z } from "zod";
import type { ViolationReason } from "../core/errors.js";
import { idFormat, isClientAssignableId, isId, reservedIdPrefix } from "../core/ids.js";
import type { Principal } from "../core/principal.js";
import { lineRule, normalise, type TextRule, textFault } from "../core/text.js";
import { customIssue } from "./parse.js";

/** A string in its stored form: NFC, trimmed, without control characters, within its length limits. */
export function text(rule: TextRule) {
  return z.string().transform((raw, context) => {
    const normal = normalise(raw, rule);
    const fault = textFault(normal, rule);
    if (!fault) return normal;
    context.addIssue(customIssue(fault.reason, fault.description));
    return z.NEVER;
  });
}

/** A single line of at most 255 characters. Empty means not set. */
export const singleLineText = text(lineRule);

export const id = z.string().superRefine((value, context) => {
  if (value === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!isId(value)) context.addIssue(customIssue("INVALID_FORMAT", idFormat));
});

/** A required id chosen by the client, for imports. */
export const clientId = id.superRefine((value, context) => {
  if (isId(value) && !isClientAssignableId(value)) context.addIssue(customIssue("NOT_ALLOWED", reservedIdPrefix));
});

/** An id chosen by the client. If empty, the server generates one. */
export const optionalClientId = z.string().superRefine((value, context) => {
  if (value === "") return;
  if (!isId(value)) context.addIssue(customIssue("INVALID_FORMAT", idFormat));
  else if (!isClientAssignableId(value)) context.addIssue(customIssue("NOT_ALLOWED", reservedIdPrefix));
});

/** An optional id. Empty means not set. */
export const optionalId = z.string().superRefine((value, context) => {
  if (value !== "" && !isId(value)) context.addIssue(customIssue("INVALID_FORMAT", idFormat));
});

/**
 * `{id}` of another record. A message that says nothing counts as absent, as forms send it; a name without an id is a
 * violation.
 */
export const optionalReference = z
  .object({ id: z.string(), name: z.string() })
  .superRefine((given, context) => {
    if (given.id !== "" && !isId(given.id))
      context.addIssue({ ...customIssue("INVALID_FORMAT", idFormat), path: ["id"] });
    if (given.id !== "" || given.name === "") return;
    const description = "Required; a name alone does not refer to a record. Look up its id in the settings list.";
    context.addIssue({ ...customIssue("REQUIRED", description), path: ["id"] });
  })
  .transform((given) => (given.id === "" ? undefined : { id: given.id }));

export const companyResourceSchema = z.object({ companyId: id, id });

/** The etag of a resource as the client last read it. If empty, it is not checked. */
export const etag = z.string().transform((value) => value || undefined);

/**
 * Caches a schema per country, because parsing national phone numbers depends on it.
 *
 * @returns a function from an ISO 3166-1 alpha-2 code to the schema
 */
export function memoizePerCountry<T>(make: (country: string) => T): (country: string) => T {
  const made = new Map<string, T>();
  return (country) => {
    const known = made.get(country) ?? make(country);
    made.set(country, known);
    return known;
  };
}

/** The country of a company that the principal can access, otherwise "". With "" only E.164 numbers are valid. */
export function countryOf(principal: Principal, companyId: string): string {
  return principal.companies.get(companyId)?.country ?? "";
}

/** No control characters, whitespace, quotes or second `@`. Labels may contain letters and digits of any script. */
const emailShape =
  /^(?!\.)(?!.*\.\.)[^\s\p{Cc}@"(),:;<>[\]\\]{1,64}(?<!\.)@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.)+[\p{L}\p{N}\p{M}-]{2,63}$/u;

/** An email address, stored as written. Empty means not set. */
export const email = text(lineRule).superRefine((value, context) => {
  if (value !== "" && !emailShape.test(value))
    context.addIssue(customIssue("INVALID_FORMAT", "Must be a valid email address."));
});

/** A color in the format `#RRGGBB`. Empty means not set. */
export const color = z.string().superRefine((value, context) => {
  if (value !== "" && !/^#[0-9A-Fa-f]{6}$/.test(value))
    context.addIssue(customIssue("INVALID_FORMAT", "Must be a color in the format `#RRGGBB`."));
});

/** An HTTPS URL of at most 2,048 characters. Empty means not set. */
export const httpsUrl = text({ min: 0, max: 2_048 }).superRefine((value, context) => {
  if (value === "" || (URL.canParse(value) && new URL(value).protocol === "https:" && !/\s/.test(value))) return;
  context.addIssue(customIssue("INVALID_FORMAT", "Must be an HTTPS URL."));
});

/** A list with a maximum length. The items of a list that is too long are not validated. */
export function list<T extends z.ZodType>(item: T, max: number) {
  return z
    .array(z.custom<z.input<T>>())
    .superRefine((items, context) => {
      if (items.length > max) context.addIssue(customIssue("TOO_MANY", `Must have at most ${max} items.`));
    })
    .pipe(z.array(item));
}

/** A list whose items that say nothing are dropped, before the others are validated. */
export function listWithout<T extends z.ZodType>(saysNothing: (item: z.input<T>) => boolean, item: T, max: number) {
  return z
    .array(z.custom<z.input<T>>())
    .transform((items) => items.filter((given) => !saysNothing(given)))
    .pipe(list(item, max));
}

/** Arguments of `refine` for a rule over several fields. Runs even if single fields are invalid. */
export function fieldRule<T>(isMet: (message: T) => boolean, { path, reason, message }: FieldRule): RefineArguments<T> {
  return [isMet, { path: [path], error: message, params: { reason }, when: () => true }];
}

type RefineArguments<T> = [
  isMet: (message: T) => boolean,
  options: { path: string[]; error: string; params: { reason: ViolationReason }; when: () => boolean },
];

interface FieldRule {
  /** Local name of the field to which the violation is attached. */
  readonly path: string;
  readonly reason: ViolationReason;
  readonly message: string;
}

/** Arguments of `refine` for the rule that a field is not both set and cleared. */
export function notSetAndCleared<Clear extends string, Field extends string>(clear: Clear, field: Field) {
  return fieldRule<Readonly<Record<Clear, boolean> & Partial<Record<Field, unknown>>>>(
    (message) => !message[clear] || message[field] === undefined,
    { path: clear, reason: "CONFLICT", message: "Must not be set and cleared in the same request." },
  );
}

/** Removes undefined members, as exact optional properties require. */
export function omitUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function omitUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** Removes undefined members, empty texts and empty lists: those of a filter that do not filter. */
export function omitEmpty<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function omitEmpty(value: object): object {
  const isEmpty = (member: unknown) =>
    member === undefined || member === "" || (Array.isArray(member) && !member.length);
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isEmpty(member)));
}

/** Maximum number of values of one filter. */
export const maxFilterValues = 100;
