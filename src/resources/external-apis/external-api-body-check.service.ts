import { type Violation, violation } from "../../core/errors.js";
import { bodyPathConflicts, readBodyPath } from "./body-path.service.js";
import { isForm } from "./content-type.service.js";
import type { HeaderDraft, RequestParam } from "./external-api.model.js";

/** What decides how a body is built. Unset headers are not known. */
interface BodyDraft {
  readonly headers?: readonly HeaderDraft[] | undefined;
  readonly requestParams?: readonly NamedParam[] | undefined;
}

interface NamedParam extends Pick<RequestParam, "name"> {
  readonly location?: RequestParam["location"] | undefined;
  readonly nested?: boolean | undefined;
}

export function isParamName(name: string): boolean {
  return /^[^\s\p{Cc}{}"\\]{1,128}$/u.test(name) && name !== "__proto__";
}

/**
 * Violations of valid names of BODY parameters: not a path, or a place in the JSON body that conflicts with another one.
 * A form has plain names.
 */
export function bodyFaults({ headers, requestParams = [] }: BodyDraft, list: string): Violation[] {
  if (!headers || isForm(headers.map(({ name, value }) => [name, value]))) return [];
  const seen = new Set<string>();
  const named = requestParams.flatMap(({ name, location, nested }, index) => {
    if (location !== "BODY" || !nested || !isParamName(name) || seen.has(name)) return [];
    seen.add(name);
    return [{ field: `${list}[${index}].name`, path: readBodyPath(name) }];
  });
  const read = named.flatMap(({ field, path }) => (path ? [{ field, path }] : []));
  const conflicts = bodyPathConflicts(read.map(({ path }) => path));
  return [
    ...named.filter(({ path }) => !path).map(({ field }) => violation(field, "INVALID_FORMAT", malformed)),
    ...read.flatMap(({ field }, index) => {
      const conflict = conflicts[index];
      return conflict ? [violation(field, "CONFLICT", conflict === "GAP" ? gap : taken)] : [];
    }),
  ];
}

const malformed =
  "Must be a path in the JSON body, such as `customer.name`, `items[0].id` or `/items/0/id`. `['a.b']` is one key.";
const taken = "Must not be a place in the JSON body that another parameter fills, or part of one.";
const gap = "Must not leave out an array position: they start at 0. A key of digits is written `['7']`.";
