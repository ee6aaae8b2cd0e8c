/** A name within the braces: letters, digits, `_`, `.` and `-`, beginning with a letter. */
export const variableName = /^[A-Za-z][A-Za-z0-9_.-]*$/;

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]*)\s*\}\}/g;

/** The variables that a template names as `{{name}}`, white space inside the braces ignored, each once. */
export function variablesOf(template: string): readonly string[] {
  return [...new Set([...template.matchAll(placeholder)].map(([, name = ""]) => name))];
}

/** Whether every `{{` of a template begins a name and its `}}`. */
export function isTemplate(template: string): boolean {
  return !template.replaceAll(placeholder, "").includes("{{");
}

/** The template with its variables replaced; one without a value by nothing. A value is never read as a template. */
export function renderTemplate(template: string, values: ReadonlyMap<string, string>): string {
  return template.replaceAll(placeholder, (_, name: string) => values.get(name) ?? "");
}
