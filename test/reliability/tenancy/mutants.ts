/** One tenant predicate of one statement. */
export interface Predicate {
  /** The statement's text, with lists of any length made the same. */
  readonly text: string;
  /** Name of a hand-written statement, or the first words of one that Prisma wrote. */
  readonly statement: string;
  /** Which of the predicates of the text, from 0. */
  readonly place: number;
  /** `c.company_id = ANY($1::text[])` */
  readonly words: string;
}

/** A statement without some of its predicates. */
export interface Mutant {
  readonly text: string;
  /** The places of those that are missing. */
  readonly without: readonly number[];
}

const column = String.raw`(?:"?\w+"?\.)*"?company_id"?`;
const parameter = String.raw`(?:ANY\s*\(\s*(?<list>\$\d+)(?:::text\[\])?\s*\)|\((?<first>\$\d+)::text\[\]\)\[1\]|(?<one>\$\d+)(?:::text)?)`;
const join = String.raw`(?:"?\w+"?\.)+"?(?:company_id|companyId)"?`;
/** A comparison of a company with a parameter or with another row's company. */
const predicates = new RegExp(String.raw`(?<![\w".])${column}\s*=\s*(?:${parameter}|${join})(?!\s*\|\|)`, "g");

/** All predicates of a statement that bind it to a tenant. */
export function predicatesOf(text: string, name: string): Predicate[] {
  const normal = normalised(text);
  const where = [...normal.matchAll(predicates)].filter(({ index }) => !isAssignment(normal, index));
  return where.map(([words], place) => ({ text: normal, statement: statementName(name, normal), place, words }));
}

/** The statement without the predicates; its parameters stay in use, so that it can still be run. */
export function mutated(text: string, { without }: Mutant): string {
  let place = -1;
  return text.replaceAll(predicates, (...found) => {
    const [predicate] = found;
    const groups: Readonly<Record<string, string | undefined>> = found.at(-1);
    const index = Number(found.at(-3));
    if (isAssignment(text, index)) return predicate;
    place += 1;
    if (!without.includes(place)) return predicate;
    if (groups["one"]) return `(${groups["one"]}::text IS NOT NULL)`;
    const list = groups["list"] ?? groups["first"];
    return list ? `(${list}::text[] IS NOT NULL)` : "TRUE";
  });
}

/** `SET company_id = $1` binds nothing. */
function isAssignment(text: string, index: number): boolean {
  return /\bSET\s*$/i.test(text.slice(0, index));
}

/** Prisma writes a text for every length of a list. */
export function normalised(text: string): string {
  return text.replaceAll(/IN \(\$\d+(?:,\s*\$\d+)*\)/g, "IN (...)").replaceAll(/LIMIT \$\d+|OFFSET \$\d+/g, "");
}

function statementName(name: string, text: string): string {
  return name.startsWith("p_")
    ? text
        .replaceAll(/"public"\.|"/g, "")
        .replaceAll(/\s+/g, " ")
        .trim()
        .slice(0, 70)
    : name.replace(/_[\w-]{16}$/, "");
}
