/** What the statement does to rows. A statement that does several things counts for each. */
export const commands = ["INSERT", "UPDATE", "DELETE"] as const;

export function commandsOf(text: string): readonly (typeof commands)[number][] {
  return commands.filter((command) => new RegExp(String.raw`\b${command}\b(?! SKIP)`).test(text.replaceAll(lock, "")));
}

const lock = /\bFOR (NO KEY )?UPDATE\b|\bDO UPDATE\b/g;
