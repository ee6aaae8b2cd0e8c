/** A variable name: starts with a letter, followed by letters, digits, `_`, `.` and `-`. */
export const variableName = /^[A-Za-z][A-Za-z0-9_.-]*$/;

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]*)\s*\}\}/g;

/** The distinct variables of a template. Whitespace inside the braces of `{{name}}` is ignored. */
export function variablesOf(template: string): readonly string[] {
  return [...new Set([...template.matchAll(placeholder)].map(([, name = ""]) => name))];
}

/** Whether every `{{` of a template is followed by a variable name and `}}`. */
export function isTemplate(template: string): boolean {
  return !template.replaceAll(placeholder, "").includes("{{");
}

/**
 * Replaces the variables of a template. A variable without a value becomes empty. Values are not interpreted as
 * templates. Undefined as soon as the text has more than `maxChars`: a template of 10,000 characters can repeat a long
 * value 1,000 times.
 */
export function renderTemplate(
  template: string,
  values: ReadonlyMap<string, string>,
  maxChars: number,
): string | undefined {
  let text = "";
  let end = 0;
  for (const { 0: whole, 1: name = "", index } of template.matchAll(placeholder)) {
    text += template.slice(end, index) + (values.get(name) ?? "");
    if (text.length > maxChars) return undefined;
    end = index + whole.length;
  }
  text += template.slice(end);
  return text.length > maxChars ? undefined : text;
}
