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
 * templates.
 */
export function renderTemplate(template: string, values: ReadonlyMap<string, string>): string {
  return template.replaceAll(placeholder, (_, name: string) => values.get(name) ?? "");
}
