/** Response header with the names of the parameters that were ignored. */
export const ignoredHeader = "moego-ignored";

const maxNameChars = 64;
const maxHeaderChars = 1_024;
/** In place of the names that do not fit. */
const more = ",...";

/**
 * The value of the header: each name once, in order, percent-encoded and joined by commas. Long names are cut. Values are
 * never repeated, because they can be personal data.
 *
 * @returns undefined if there is nothing to name
 */
export function ignoredNames(names: readonly string[]): string | undefined {
  let text = "";
  for (const name of new Set(names)) {
    if (name === "") continue;
    const start = [...name.slice(0, 2 * maxNameChars)].slice(0, maxNameChars);
    const encoded = encodeURIComponent(start.join(""));
    const longer = text === "" ? encoded : `${text},${encoded}`;
    if (longer.length > maxHeaderChars - more.length) return text + more;
    text = longer;
  }
  return text === "" ? undefined : text;
}
