import type { DomainError, Violation } from "../../core/errors.js";

const maxLogged = 20;

/** The refused fields of a request as its log line has them: `last_name REQUIRED`. Undefined if no field was refused. */
export function loggedViolations({ details: { violations = [] } }: DomainError): readonly string[] | undefined {
  if (violations.length === 0) return undefined;
  return violations.slice(0, maxLogged).map((violation) => `${loggedPath(violation)} ${violation.reason}`);
}

/** Keys of maps and names of unknown members are text that the client chose, so it can be anything. They become `*`. */
function loggedPath({ field, reason }: Violation): string {
  const [known = "", key] = field.split('["', 2);
  if (key !== undefined) return `${known}["*"]`;
  const isUnknown = reason === "UNKNOWN_FIELD" && !field.includes("update_mask.");
  return isUnknown ? field.replace(/[^.]*$/, "*") : field;
}
