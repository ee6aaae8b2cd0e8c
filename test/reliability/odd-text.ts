import type { Random } from "./run.js";

/** A word in each of thirty scripts. */
const words: readonly string[] = [
  ...["Straße", "Ελλάδα", "Москва", "שָׁלוֹם", "العربية", "فارسی", "हिन्दी", "বাংলা", "ਪੰਜਾਬੀ", "ગુજરાતી", "ଓଡ଼ିଆ", "தமிழ்"],
  ...["తెలుగు", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "ภาษาไทย", "ລາວ", "བོད་ཡིག", "မြန်မာ", "ქართული", "Հայերեն", "አማርኛ", "ᏣᎳᎩ"],
  ...["ភាសាខ្មែរ", "ᠮᠣᠩᠭᠣᠯ", "한국어", "日本語", "カタカナ", "中文", "ꦗꦮ", "𞤀𞤣𞤤𞤢𞤥", "𐎀𐎁𐎂", "ⵜⴰⵎⴰⵣⵉⵖⵜ"],
];

/** Characters that a store, an index or a comparison may take for others, drop or cut in two. */
const oddities: readonly string[] = [
  // Emoji, joined, coloured, and of flags and tags.
  ...[
    "\u{1F436}",
    "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}",
    "\u{1F44D}\u{1F3FD}",
    "\u{1F1E9}\u{1F1EA}",
  ],
  ...["\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "\u2764\uFE0F", "1\uFE0F\u20E3"],
  // Marks of direction, joiners, soft hyphen, byte order mark, spaces that are none of ASCII.
  ...[
    "\u200F",
    "\u200E",
    "\u202Eabc\u202C",
    "\u2067x\u2069",
    "\u200C",
    "\u200D",
    "\u00AD",
    "a\uFEFFb",
    "a\u00A0b",
    "a\u2028b",
  ],
  // Marks in an order that is not the canonical one, decomposed letters, singletons and what is never composed.
  ...[
    "q\u0307\u0323",
    "q\u0323\u0307",
    "e\u0301",
    "A\u030A",
    "\u212B",
    "\u2126",
    "\u0958",
    "\uFB1D",
    "\u1100\u1161\u11A8",
  ],
  ...["\u1E9B\u0323", "\u0344", "Z\u0351\u036B\u0343\u032A\u0302\u0318", "\u{1D160}", "\u2ADC", "\u{2F800}"],
  // Width variants, ligatures, letters with odd cases.
  ...["\uFF21\uFF22", "\uFF76\uFF9E", "\uFFE5", "\uFB01", "\u0130", "\u0131", "\u03C2", "\u1E9E", "\u01C5"],
  // Non-characters, private ones, the replacement of lost ones, and what quoting may trip over.
  ...[
    "\uFFFE",
    "\uFFFF",
    "\u{10FFFF}",
    "\uE000",
    "\uFFFD",
    "'",
    '"',
    "\\",
    "\\u0041",
    "%s",
    "{",
    "$1",
    "<b>",
    "&amp;",
    "--",
  ],
];

const blanks: readonly string[] = ["", "", "", " ", "\u00A0", "\u3000", "\uFEFF", "\u2028", "\t"];

/** Kinds of text that fields take: `name` is one short line, `note` may have line breaks. */
export type TextKind = "name" | "note" | "email" | "url";

/** A text that is valid for its kind, and no other text of the run. */
export function oddText(kind: TextKind, random: Random): string {
  const piece = () => random.pick(random.below(2) === 0 ? words : oddities);
  count += 1;
  switch (kind) {
    case "name":
      return `${random.pick(blanks)}${piece()}${count}${piece()} ${piece()}${random.pick(blanks)}`;
    case "note":
      return `${random.pick(blanks)}${piece()}\n\t${count} ${Array.from({ length: 1 + random.below(40) }, piece).join("")}\n`;
    case "email":
      return `${random.pick(words)}${count}@${random.pick(labels)}.example`;
    case "url":
      return `https://img.example/${random.pick(words)}/${count}?q=${random.pick(words)}#${random.pick(words)}`;
    default:
      throw new Error(`no such kind: ${kind satisfies never}`);
  }
}

let count = 0;

/** Labels of domains: letters of one script. */
const labels: readonly string[] = ["bücher", "москва", "中文", "ελλάδα", "한국어"];
