import { z } from "zod";
import type { ViolationReason } from "../core/errors.js";
import { idFormat, isClientAssignableId, isId, reservedIdPrefix } from "../core/ids.js";
import { parsePhone } from "../core/phone.js";
import { lineRule, normalise, type TextRule, textFault } from "../core/text.js";
import { customIssue } from "./parse.js";

/** Text in the form it is stored in: NFC, trimmed, without control characters, within its length. */
export function text(rule: TextRule) {
  return z.string().transform((raw, context) => {
    const normal = normalise(raw, rule);
    const fault = textFault(normal, rule);
    if (!fault) return normal;
    context.addIssue(customIssue(fault.reason, fault.description));
    return z.NEVER;
  });
}

/** One line of at most 255 characters; empty = not given. */
export const singleLineText = text(lineRule);

/** An id that must be there. */
export const id = z.string().superRefine((value, context) => {
  if (value === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!isId(value)) context.addIssue(customIssue("INVALID_FORMAT", idFormat));
});

/** An id that a caller gives to a record that it imports. */
export const clientId = id.superRefine((value, context) => {
  if (isId(value) && !isClientAssignableId(value)) context.addIssue(customIssue("NOT_ALLOWED", reservedIdPrefix));
});

/** The same; empty = the server makes one. */
export const optionalClientId = z.string().superRefine((value, context) => {
  if (value === "") return;
  if (!isId(value)) context.addIssue(customIssue("INVALID_FORMAT", idFormat));
  else if (!isClientAssignableId(value)) context.addIssue(customIssue("NOT_ALLOWED", reservedIdPrefix));
});

/** An id; empty = none. */
export const optionalId = z.string().superRefine((value, context) => {
  if (value !== "" && !isId(value)) context.addIssue(customIssue("INVALID_FORMAT", idFormat));
});

const impossiblePhone = customIssue("INVALID_FORMAT", "Must be a phone number, for example +12125551234 (E.164).");

/** A phone number in E.164 or in the national spelling of the company's country; must be there. */
export function phone(country: string) {
  return z.string().transform((raw, context) => {
    const number = raw.trim() === "" ? "" : parsePhone(raw.trim(), country);
    if (number) return number;
    if (number === "") context.addIssue(customIssue("REQUIRED", "Required."));
    else context.addIssue(impossiblePhone);
    return z.NEVER;
  });
}

/** A phone number as above; empty = none. */
export function optionalPhone(country: string) {
  return z.string().transform((raw, context) => {
    if (raw.trim() === "") return "";
    const number = parsePhone(raw.trim(), country);
    if (number) return number;
    context.addIssue(impossiblePhone);
    return z.NEVER;
  });
}

/** No control character, blank, quote or second @; labels of letters and digits of any script. */
const emailShape =
  /^(?!\.)(?!.*\.\.)[^\s\p{Cc}@"(),:;<>[\]\\]{1,64}(?<!\.)@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.)+[\p{L}\p{N}\p{M}-]{2,63}$/u;

/** An email address, kept as written; empty = not given. */
export const email = text(lineRule).superRefine((value, context) => {
  if (value !== "" && !emailShape.test(value))
    context.addIssue(customIssue("INVALID_FORMAT", "Must be a valid email address."));
});

/** `#RRGGBB`; empty = none. */
export const color = z.string().superRefine((value, context) => {
  if (value !== "" && !/^#[0-9A-Fa-f]{6}$/.test(value))
    context.addIssue(customIssue("INVALID_FORMAT", "Must be a color in the format `#RRGGBB`."));
});

/** An https URL of at most 2,048 characters; empty = none. */
export const httpsUrl = text({ min: 0, max: 2_048 }).superRefine((value, context) => {
  if (value === "" || (URL.canParse(value) && new URL(value).protocol === "https:" && !/\s/.test(value))) return;
  context.addIssue(customIssue("INVALID_FORMAT", "Must be an HTTPS URL."));
});

/** A list of limited length. Of one that is too long no item is looked at. */
export function list<T extends z.ZodType>(item: T, max: number) {
  return z
    .array(z.custom<z.input<T>>())
    .superRefine((items, context) => {
      if (items.length > max) context.addIssue(customIssue("TOO_MANY", `Must have at most ${max} items.`));
    })
    .pipe(z.array(item));
}

/** A rule over several fields of a message, as arguments of `refine`. It speaks up even when a field is wrong by itself. */
export function fieldRule<T>(isMet: (message: T) => boolean, { path, reason, message }: FieldRule): RefineArguments<T> {
  return [isMet, { path: [path], error: message, params: { reason }, when: () => true }];
}

type RefineArguments<T> = [
  isMet: (message: T) => boolean,
  options: { path: string[]; error: string; params: { reason: ViolationReason }; when: () => boolean },
];

export interface FieldRule {
  /** Local name of the field that the violation points to. */
  readonly path: string;
  readonly reason: ViolationReason;
  readonly message: string;
}

/** Exact optional properties: absent, not undefined. */
export function omitUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function omitUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** The number of an enum as the domain's name of it; 0 is taken for one that is missing when it names none. */
export function enumName<T>(read: (number: number) => T | undefined, message: string) {
  return z.number().transform((number, context): T => {
    const value = read(number);
    if (value !== undefined) return value;
    context.addIssue(number === 0 ? customIssue("REQUIRED", "Required.") : customIssue("NOT_ALLOWED", message));
    return z.NEVER;
  });
}
export const maxFilterValues = 100;
/** The number of an enum value that the contract knows. proto3 enums are open, so any number can arrive. */

export function enumNumber(max: number) {
  return z.number().superRefine((value, context) => {
    if (value < 0 || value > max) context.addIssue(customIssue("NOT_ALLOWED", "Must be a value of the enum."));
  });
}
