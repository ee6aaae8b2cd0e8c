import { reasonOf } from "./harmless-predicates.js";
import type { Judged } from "./judge.js";
import type { Predicate } from "./mutants.js";
import type { Call } from "./traces.js";

/** Result for a predicate; `missed` fails the test. */
export type Verdict = "caught" | "handed" | "bound" | "empty" | "harmless" | "missed";

export function verdictOf({
  predicate,
  reach,
  boundBy,
}: Pick<Judged<unknown>, "predicate" | "reach" | "boundBy">): Verdict {
  if (reach === "shown") return "caught";
  if (reach === "handed") return reasonOf(predicate) === undefined ? "missed" : "handed";
  if (boundBy.length > 0) return "bound";
  if (/\bAND 1=0\b/.test(predicate.text)) return "empty";
  return reasonOf(predicate) === undefined ? "missed" : "harmless";
}

const headings: Readonly<Record<Exclude<Verdict, "caught" | "missed">, string>> = {
  handed:
    "The database returns rows of the other tenant to the server, or locks or counts them; responses and stored rows are unchanged for the reason given",
  bound: "Another predicate of the same statement covers the same rows: without both, responses or stored rows change",
  empty: "The statement matches nothing (1=0)",
  harmless: "Harmless for the reason given",
};

const head = [
  "# Tenant predicates whose removal changes no response",
  "",
  "A snapshot: T3 fails if a row differs, and",
  "`npx vitest run --config vitest.faults.config.ts tenancy-predicates --update` writes it.",
  "",
];

/** Tables of the predicates whose removal changes no response and no stored row. */
export function predicatesPage(judged: readonly Judged<Call>[]): string {
  const parts = (["handed", "bound", "empty", "harmless"] as const).flatMap((verdict) => {
    const lines = judged.filter((one) => verdictOf(one) === verdict).map(lineOf);
    const head = [`## ${headings[verdict]}`, "", "| Statement | Predicate | RPCs | Reason |", "|---|---|---|---|"];
    return lines.length === 0 ? [] : [...head, ...lines.toSorted(), ""];
  });
  return [...head, ...parts].join("\n");
}

function lineOf(judged: Judged<Call>): string {
  const { predicate, calls } = judged;
  const rpcs = [...new Set(calls.map(({ rpc }) => rpc.method.name))];
  const cells = [`\`${predicate.statement}\``, named(predicate), rpcs.slice(0, 3).join(", "), whyOf(judged)];
  return `| ${cells.join(" | ")} |`;
}

function whyOf({ predicate, boundBy }: Judged<Call>): string {
  const [partner, ...more] = boundBy;
  if (!partner) return reasonOf(predicate) ?? "";
  return more.length === 0 ? coveredBy(partner) : coveredTogether(boundBy);
}

function coveredTogether(others: readonly Predicate[]): string {
  return `covered by the ${others.length} others together, by none alone`;
}

/** Without the place of the partner: of two with the same words, either can be found first. */
function coveredBy(partner: Predicate): string {
  return `covered by ${wordsOf(partner)}`;
}

/** What a page says of predicates, so that judging them anew begins with it. */
export interface PageReader {
  /** Whether it says that the partner covers the predicate. */
  saysCovered(predicate: Predicate, partner: Predicate): boolean;
  /** Whether it says that all others together cover the predicate, and none alone. */
  saysCoveredTogether(predicate: Predicate, others: readonly Predicate[]): boolean;
  /** Whether it says that the predicate is harmless, for a reason that is listed still. */
  saysHarmless(predicate: Predicate): boolean;
}

export function readPage(page: string): PageReader {
  const said = new Set<string>();
  let heading = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) heading = line.slice(3);
    const [statement, predicate, , why] = line.slice(2, -2).split(" | ");
    said.add([heading, statement, predicate, why].join("\n"));
  }
  const says = (verdict: keyof typeof headings, predicate: Predicate, why: string) =>
    said.has([headings[verdict], `\`${predicate.statement}\``, named(predicate), why].join("\n"));
  return {
    saysCovered: (predicate, partner) => says("bound", predicate, coveredBy(partner)),
    saysCoveredTogether: (predicate, others) => says("bound", predicate, coveredTogether(others)),
    saysHarmless(predicate) {
      const reason = reasonOf(predicate);
      return reason !== undefined && says("harmless", predicate, reason);
    },
  };
}

function named(predicate: Predicate): string {
  return `${wordsOf(predicate)} (${predicate.place})`;
}

function wordsOf({ words }: Predicate): string {
  return `\`${words.replaceAll(/"public"\.|"/g, "")}\``;
}
