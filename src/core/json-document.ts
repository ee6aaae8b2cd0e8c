export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** How deeply a document may be nested. */
export const maxDepth = 100;

/**
 * Parses a JSON document. Undefined if the text is not JSON or nested too deeply. An integer that a double cannot
 * represent becomes a string of its digits (`isLongInteger`): it is probably an id, and a rounded id would be another
 * record's.
 */
export function readJson(text: string): JsonValue | undefined {
  try {
    const document: JsonValue = JSON.parse(text);
    if (isTooDeep(document)) return undefined;
    return /\d{16}/.test(text) ? JSON.parse(text.replaceAll(stringOrNumber, quoteLongInteger)) : document;
  } catch {
    return undefined;
  }
}

/** Whether `readJson` could have made this string from an integer beyond 2^53. */
export function isLongInteger(text: string): boolean {
  return /^-?\d{16,}$/.test(text) && !Number.isSafeInteger(Number(text));
}

/** Matches strings and numbers as whole tokens, so that one pass over valid JSON is enough. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

function quoteLongInteger(token: string): string {
  return isLongInteger(token) ? `"${token}"` : token;
}

/** Iterates level by level, because recursion could overflow the stack. */
function isTooDeep(document: JsonValue): boolean {
  let level: readonly unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}
