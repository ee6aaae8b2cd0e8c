import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { DomainError } from "../../core/errors.js";
import { companyHeader } from "./authorize.js";
import { idempotencyKeyHeader } from "./idempotency-key.js";

const maxLogged = 20;

/** Headers that violations name. */
const headers: ReadonlySet<string> = new Set([
  ...[companyHeader, idempotencyKeyHeader],
  ...["connect-timeout-ms", "grpc-timeout"],
]);

/**
 * The refused fields of a request as its log line has them: `last_name REQUIRED`. Undefined if no field was refused.
 *
 * @param method undefined for a request that reaches no rpc
 */
export function loggedViolations(
  { details: { violations = [] } }: DomainError,
  method?: DescMethod,
): readonly string[] | undefined {
  if (violations.length === 0) return undefined;
  return violations.slice(0, maxLogged).map(({ field, reason }) => `${loggedPath(field, method)} ${reason}`);
}

/**
 * A path can have text that the client chose: keys of maps, and names of members and parameters that no field has. Only
 * names of the contract are kept; the rest becomes `*`.
 */
function loggedPath(field: string, method: DescMethod | undefined): string {
  if (headers.has(field)) return field;
  const names = method ? namesIn(method.input) : new Set<string>();
  const [path = "", key] = field.split('["', 2);
  const segments = path.split(".").map((segment) => {
    const [, name = "", index = ""] = /^(\w+)((?:\[\d+\])?)$/.exec(segment) ?? [];
    return names.has(name) ? name + index : "*";
  });
  return segments.join(".") + (key === undefined ? "" : '["*"]');
}

const known = new WeakMap<DescMessage, ReadonlySet<string>>();

/** The names of all fields and oneofs of a message and of those within it. */
function namesIn(message: DescMessage): ReadonlySet<string> {
  const found = known.get(message) ?? new Set(membersOf(message, new Set()));
  known.set(message, found);
  return found;
}

function membersOf(message: DescMessage, seen: Set<DescMessage>): readonly string[] {
  if (seen.has(message)) return [];
  seen.add(message);
  return [
    ...message.oneofs.map(({ name }) => name),
    ...message.fields.flatMap((field) => [field.name, ...(field.message ? membersOf(field.message, seen) : [])]),
  ];
}
