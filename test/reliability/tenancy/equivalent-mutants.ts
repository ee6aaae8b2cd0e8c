import type { Mutant } from "./mutants.js";

/** What became of a mutant. */
export type Judgement = "caught" | "handed" | "bound" | "empty" | "listed" | "not yet judged" | "missed";

export interface Judged {
  readonly mutant: Mutant;
  /** The rpcs whose calls send the statement. */
  readonly rpcs: readonly string[];
  readonly judgement: Judgement;
}

type Reach = "shown" | "handed" | "none";

interface Finding {
  readonly mutant: Mutant;
  /** Without the one predicate. */
  readonly reach: Reach;
  /** Without any predicate of the statement. */
  readonly whole: Reach;
}

export function classOf({ mutant, reach, whole }: Finding): Judgement {
  if (reach === "shown") return "caught";
  if (reach === "handed") return "handed";
  if (whole !== "none") return "bound";
  if (/\bAND 1=0\b/.test(mutant.text)) return "empty";
  if (reasonOf(mutant) !== undefined) return "listed";
  return notYetJudged.some((start) => mutant.statement.startsWith(start)) ? "not yet judged" : "missed";
}

/** The first words of statements whose predicate may go without a change, each with its reason. */
const harmless: Readonly<Record<string, string>> = {
  "INSERT INTO customer_profile (company_id,customer_id": "ON CONFLICT names the company, and has found the row by it",
  "SELECT e.id, e.package_id, e.package_service_id, e.kind":
    "asks for the entry that the call itself has made or made before, by an id of its own making",
};

/** The first words of statements that T3 does not catch, and of which nobody has shown yet that it need not. */
const notYetJudged: readonly string[] = [
  "SELECT pet_note.company_id, pet_note.id, pet_note.pet_id",
  "SELECT package_ledger.company_id, package_ledger.id, package_ledger.pa",
  "SELECT change.company_id, change.id FROM change WHERE",
];

function reasonOf({ statement }: Mutant): string | undefined {
  return Object.entries(harmless).find(([start]) => statement.startsWith(start))?.[1];
}

const headings: Readonly<Record<Exclude<Judgement, "caught" | "missed">, string>> = {
  handed:
    "The database hands rows of the neighbour to the service (or locks or counts them), which is how T3 notices; the service drops them, and answers and stores the same",
  bound: "Another predicate of the same statement binds the same rows; T3 notices when all of them are removed",
  empty: "The statement matches nothing (1=0), whatever else it says",
  listed: "Harmless for the reason given",
  "not yet judged": "Not yet judged: not caught, and not shown to be harmless",
};

/** The table of the predicates whose removal changes no answer and no stored row. */
export function judgedPage(judged: readonly Judged[]): string {
  const kinds = ["handed", "bound", "empty", "listed", "not yet judged"] as const;
  const parts = kinds.flatMap((kind) => {
    const lines = judged
      .filter(({ judgement }) => judgement === kind)
      .map(({ mutant, rpcs }) => lineOf(mutant, rpcs))
      .toSorted();
    return lines.length === 0
      ? []
      : [`## ${headings[kind]}`, "", "| Statement | Predicate | Rpcs | Why |", "|---|---|---|---|", ...lines, ""];
  });
  return ["# Tenant predicates whose removal no answer shows", "", "Written by T3.", "", ...parts].join("\n");
}

function lineOf(mutant: Mutant, rpcs: readonly string[]): string {
  const cells = [
    `\`${mutant.statement}\``,
    `\`${mutant.predicate.replaceAll(/"public"\.|"/g, "")}\` (${mutant.place})`,
    rpcs.slice(0, 3).join(", "),
    reasonOf(mutant) ?? "",
  ];
  return `| ${cells.join(" | ")} |`;
}
