/** Statements of a migration that add a constraint beside another command, in one line each. */
export function crowdedConstraints(sql: string): readonly string[] {
  return split(withoutComments(sql), ";")
    .map((statement) => statement.replaceAll(/\s+/g, " ").trim())
    .filter((statement) => {
      const altered = /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?\S+ (.*)$/i.exec(statement)?.[1];
      const commands = altered === undefined ? [] : split(altered, ",").map((command) => command.trim());
      return commands.some(
        (command) => addsColumnWithConstraint(command) || (commands.length > 1 && addsConstraint(command)),
      );
    });
}

const constraint = /\b(?:CONSTRAINT|PRIMARY KEY|UNIQUE|FOREIGN KEY|REFERENCES|CHECK|EXCLUDE)\b/i;

function addsConstraint(command: string): boolean {
  return /^ADD\b/i.test(command) && constraint.test(command.replaceAll(/'(?:[^']|'')*'/g, "''"));
}

/** That is two: the column, and its constraint. */
function addsColumnWithConstraint(command: string): boolean {
  return addsConstraint(command) && !/^ADD (?:CONSTRAINT|PRIMARY|UNIQUE|FOREIGN|CHECK|EXCLUDE)\b/i.test(command);
}

function withoutComments(sql: string): string {
  return sql.replaceAll(/--[^\n]*|('(?:[^']|'')*')|(\$(\w*)\$[\s\S]*?\$\3\$)/g, (found) =>
    found.startsWith("--") ? "" : found,
  );
}

/** At a separator that stands in no parentheses, text or body of a function. */
function split(sql: string, separator: ";" | ","): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const [token] of sql.matchAll(/'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|[\s\S]/g)) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (token === separator && depth === 0) parts.push("");
    else parts.push(`${parts.pop() ?? ""}${token}`);
  }
  return parts;
}
