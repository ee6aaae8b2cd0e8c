import type { Predicate } from "./mutants.js";

interface Harmless {
  /** How the statement's name begins. */
  readonly statement: string;
  /** Which of its predicates. */
  readonly place: number;
  readonly why: string;
}

/** The reason why no answer and no stored row needs the predicate; undefined when nobody has given one. */
export function reasonOf({ statement, place }: Predicate): string | undefined {
  return harmless.find((known) => statement.startsWith(known.statement) && known.place === place)?.why;
}

/** Predicates that may go without a change outside, each with its reason. */
const harmless: readonly Harmless[] = [
  {
    statement: "customer.create",
    place: 8,
    why: "tells a limit that is switched on meanwhile from one that is reached: the row is there but in that race (quota.ts)",
  },
  {
    statement: "SELECT k.id FROM package k WHERE k.company_id = $1 AND k.id = $2",
    place: 0,
    why: "locks alone; the package is read by its company in the next statement, and is NOT_FOUND there",
  },
  {
    statement: "SELECT l.company_id, l.promoted_customer_id IS NOT NULL AS is_promoted",
    place: 0,
    why: "locks alone, and none but promoted leads; whether one is seen is asked by its company in the next statement",
  },
  {
    statement: "SELECT e.id, e.package_id, e.package_service_id, e.kind",
    place: 0,
    why: "asks for the entry that the call itself has made or made before, by an id of its own making",
  },
  {
    statement: "INSERT INTO customer_profile (company_id,customer_id",
    place: 0,
    why: "ON CONFLICT names the company, and has found the row by it",
  },
  {
    statement: "SELECT change.company_id, change.id FROM change WHERE",
    place: 0,
    why: "asks for the pseudonym of an erased record, a salted hash of company and id that no other company has",
  },
  {
    statement: "SELECT consent_event.",
    place: 0,
    why: "asks how late the own entry has to be at least, which moves its time alone, and only behind a clock set back",
  },
];
