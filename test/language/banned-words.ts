/** Words and phrases that the glossary of this project replaces, in texts and comments alike. Whole words, upper or lower case, as patterns. */
const bannedWords = [
  "anew",
  "as it stands",
  "be it",
  "by whose",
  "dear",
  "goes on",
  "heed",
  "(?<!there )is no(?! longer)",
  "(?<!there )is none",
  "meanwhile",
  "of its own",
  "somebody else",
  "spelled",
  "stands",
  "systems of others",
  "that of",
  "told",
  "twin",
  "whoever",
  "whom the key acts for",
];

/** Beginnings and phrases that no error, violation or log text has: fragments without a subject, and house words. */
const bannedInTexts: readonly RegExp[] = [
  /^(?:Belongs|Cannot be|Could|Differs|Has|Holds|Is|Lies|May|Names|Points|Says|Was|Were) /,
  /^(?:Does not exist|No such|There is no such)\b/,
  /^At most (?:\d|…)/,
  /^(?:Is not valid|Must not be said|Name a)\b/,
  /\bexists already\b/,
  /\bmust (?:be given|be said|carry|have no|lie|name|precede|say)\b/i,
  /\b(?:send|answer|handle|cancelled|during|before) (?:the|this) call\b/i,
  /\bthe key (?:covers|does not cover|lacks|may not)\b/i,
  /\b(?:beside|not said|unless it is said|in the place of|went on|broke off|begin without)\b/i,
  /\b(?:nobody|somebody)\b/i,
  /\b(?:sealed (?:anew|secret|under)|look-up)\b/i,
  /\bthe service (?:is|must|itself|allows|at)\b/i,
];

const patterns = bannedWords.map((phrase) => new RegExp(`(?<![\\w-])${phrase}(?![\\w-])`, "i"));

/** The banned words and fragments of a runtime text. */
export function bannedInText(text: string): string[] {
  return [...patterns, ...bannedInTexts].flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}

/** The banned words of a comment. */
export function bannedInComment(text: string): string[] {
  return patterns.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}
