import { type DescField, type JsonObject, ScalarType } from "@bufbuild/protobuf";

/*
 * The limits of a request field, which the contract states in its comment in a few fixed forms. test/openapi checks that
 * the server enforces each of them.
 */

/** `1..30 characters`, `Up to 2,048 ASCII characters`. */
const lengthPattern = /(?:(\d+)\.\.|[Uu]p to |[Aa]t most )([\d,]+)(?: [A-Za-z]+)? characters\b/g;
/** `at most 50`, `1..50`, `up to 100`, but of nothing that is named after it. */
const countPattern =
  /(?:\b(\d+)\.\.|\b[Uu]p to |\b[Aa]t most )([\d,]+)(?=[.,;:]|$| (?:items|entries|ids|notes|tags)\b)/;
/** `1..500`. */
const rangePattern = /(?<![\d.,])(-?[\d,]+)\.\.([\d,]*\d)(?! (?:[A-Za-z]+ )?characters)/g;
const idPattern = "^[A-Za-z0-9_.-]*$";

/** The limits of a value of the field, or of each item of a list or map. */
export function valueLimits(field: DescField, comment: string, isRequired: boolean): JsonObject {
  const isSingle = field.fieldKind === "scalar";
  if (field.scalar === ScalarType.STRING && (isSingle || /\beach\b/.test(comment))) {
    return textLimits(comment, isSingle && isRequired);
  }
  const isInteger = field.scalar === ScalarType.INT32 || field.scalar === ScalarType.UINT32;
  return isSingle && isInteger ? numberLimits(comment, isRequired) : {};
}

/** The limits of the number of items of a list or map. */
export function countLimits(field: DescField, comment: string, isRequired: boolean): JsonObject {
  if (field.fieldKind !== "list" && field.fieldKind !== "map") return {};
  const [, least, most] = countPattern.exec(comment) ?? [];
  if (most === undefined) return {};
  const isLeast = least !== undefined && isRequired;
  return field.fieldKind === "list"
    ? { ...(isLeast ? { minItems: Number(least) } : {}), maxItems: numberOf(most) }
    : { ...(isLeast ? { minProperties: Number(least) } : {}), maxProperties: numberOf(most) };
}

function textLimits(comment: string, isRequired: boolean): JsonObject {
  const lengths = [...comment.matchAll(lengthPattern)];
  if (lengths.length === 0) return {};
  // Where the limit depends on something, the largest is the one that always holds.
  const maxLength = Math.max(...lengths.map(([, , most = ""]) => numberOf(most)));
  return {
    ...(isRequired ? { minLength: 1 } : {}),
    maxLength,
    ...(comment.includes("1..30 characters of `[A-Za-z0-9_.-]`") ? { pattern: idPattern } : {}),
  };
}

function numberLimits(comment: string, isRequired: boolean): JsonObject {
  const [range, ...others] = [...comment.matchAll(rangePattern)];
  if (!range || others.length > 0) return {};
  const [, least = "", most = ""] = range;
  // Zero is how an optional number is left out.
  return { ...(isRequired ? { minimum: numberOf(least) } : {}), maximum: numberOf(most) };
}

function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}
