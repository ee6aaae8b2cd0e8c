import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { Violation } from "../../core/errors.js";
import { isReadOnly } from "../pipeline/contract.js";
import { idempotencyKeyHeader, keyFieldName } from "../pipeline/idempotency-key.js";
import { bare, isSlipOf } from "./json-faults.js";

/*
 * On routes that ignore unknown parameters, a misspelled idempotency key would be ignored as well, and a call that is sent
 * twice would run twice.
 */

/** The key has the spelling of a header, or any case: `idempotency-key`, `Idempotency-Key`, `IDEMPOTENCY_KEY`. */
export function usualName(schema: DescMessage, name: string): string {
  return bareKey(name) === bare(keyFieldName) && hasKeyField(schema) ? keyFieldName : name;
}

/**
 * The violation of a name that means an idempotency key, but is not the one of the field.
 *
 * @returns undefined for any other name, and on RPCs that change nothing
 */
export function keyMeantBy(method: DescMethod, name: string): Violation | undefined {
  if (isReadOnly(method) || name.length > maxNameChars) return undefined;
  const given = bareKey(name);
  if (!/^idem|idempot/.test(given) && !isSlipOf(bare(keyFieldName), given)) return undefined;
  if (hasKeyField(method.input))
    return { field: name, reason: "UNKNOWN_FIELD", description: "Unknown field. Did you mean idempotencyKey?" };
  return { field: name, reason: "NOT_ALLOWED", description: `Must be sent as the header ${idempotencyKeyHeader}.` };
}

const maxNameChars = 100;

function hasKeyField({ fields }: DescMessage): boolean {
  return fields.some(({ name }) => name === keyFieldName);
}

function bareKey(name: string): string {
  return bare(name.replaceAll("-", ""));
}
