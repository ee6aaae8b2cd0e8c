import type { Predicate } from "./mutants.js";

interface Harmless {
  /** Prefix of the statement name. */
  readonly statement: string;
  /** Index of the predicate in the statement. */
  readonly place: number;
  readonly why: string;
}

/** Why the predicate changes no response and no stored row; undefined if no reason is listed. */
export function reasonOf({ statement, place }: Predicate): string | undefined {
  return harmless.find((known) => statement.startsWith(known.statement) && known.place === place)?.why;
}

const onlyGuards =
  "locks the row and compares the version that was read; what is written has the company, so only a namesake of the same version would be locked as well";

const onlyBounds = "only decides whether the whole record is read for its exact size";

const onlyLooks = "only decides whether another statement lists the matches, which finds those of the company alone";

const onlyReads =
  "only decides whether the definitions of custom fields are read first, which are those of the company alone";

const onlyLocks =
  "finds what to lock; the next statement reads it by its company, and what does not have the number or address is left out";

const onlyMoves =
  "reads the pets of the lead, of which the next statement moves those of the company alone, by their ids";

const onlyLocksCustomers =
  "only locks; the next statements read the customers and the merge by the company and the access of the key";

const onlyMade = "names a merge by the id that was generated in the same transaction";

const onlyStored = "the rows are those of a snapshot, which was read by the company and has only rows of it";

const onlyLeads = "finds the id of a survivor, who is then read by the company and the access of the key";

const onlySizes = "only refuses a batch of pets whose lead would grow beyond 1 MiB; no response has what it reads";

const onlyFinds = "finds customers to compare; what they have in common is then read from those of the company alone";

const onlyTimes =
  "determines the minimum time of the new entry, which changes only that time, and only after the clock was set back";

/** Predicates whose removal has no observable effect, each with its reason. */
const harmless: readonly Harmless[] = [
  {
    statement: "customer.create",
    place: 15,
    why: "distinguishes a limit that was set concurrently from one that is reached: the row is absent only in that race",
  },
  {
    statement: "lead.promote",
    place: 21,
    why: "distinguishes a limit that was set concurrently from one that is reached: the row is absent only in that race",
  },
  ...[7, 8].map((place) => ({
    ...{ statement: "lead.promote", place },
    why: onlyTimes,
  })),
  ...[15, 16, 17, 18, 19, 20].map((place) => ({ statement: "lead.promote", place, why: onlyLooks })),
  ...[3, 4, 5, 6, 7, 8].map((place) => ({ statement: "lead.read_for_promotion", place, why: onlyMoves })),
  {
    statement: "lead.read_for_promotion",
    place: 10,
    why: "reads the external ids of the lead, of which the next statement copies those of the company alone",
  },
  {
    statement: "customer.read_for_change",
    place: 19,
    why: "only a first look at the room for new tags; test/rpc/company-limits.test.ts creates tags while other companies have more",
  },
  {
    statement: "customer.read_for_change",
    place: 21,
    why: "only refuses notes beyond the limits of a customer, and a namesake of the customer counts before and after the write",
  },
  {
    statement: "SELECT k.id FROM package k WHERE k.company_id = $1 AND k.id = $2",
    place: 0,
    why: "only locks; the next statement reads the package by its company and returns NOT_FOUND",
  },
  {
    statement: "SELECT l.company_id, l.promoted_customer_id IS NOT NULL AS is_promoted",
    place: 0,
    why: "only locks, and only promoted leads; the next statement checks access by the company",
  },
  {
    statement: "SELECT l.company_id FROM lead l WHERE l.company_id = ANY($1::text[]) A",
    place: 0,
    why: "asked of leads that were locked by their company; a namesake is seen only by a customer of its own company",
  },
  ...[0, 1, 2].map((place) => ({
    ...{ statement: "SELECT c.id FROM customer c WHERE c.company_id = $1 AND c.id = ANY($2:", place },
    why: onlyLocksCustomers,
  })),
  ...[1, 2, 3, 4].map((place) => ({
    ...{ statement: "WITH found AS ( SELECT k.company_id, k.id, k.customer_id", place },
    why: "only refuses external ids of a package that would grow beyond 1 MiB; no response has the items that it reads",
  })),
  ...["lead", "package"].map((table) => ({
    ...{ statement: `SELECT c.id FROM ${table} c WHERE c.company_id = $1 AND c.id = ANY($2:`, place: 0 },
    why: "only locks, or looks which ids there are; the next statement reads the records by their company",
  })),
  ...["SELECT c.id FROM customer c WHERE c.company_id = $1 AND c.id = $2 FOR", "SELECT m.id FROM customer_merge m"].map(
    (statement) => ({ statement, place: 0, why: onlyLocksCustomers }),
  ),
  ...["INSERT INTO customer_merge_snapshot", "UPDATE customer_merge_snapshot s"].map((statement) => ({
    ...{ statement, place: 0, why: onlyMade },
  })),
  { statement: "INSERT INTO customer SELECT r.* FROM customer_merge_snapshot", place: 1, why: onlyStored },
  ...[2, 3].map((place) => ({ statement: "merge.survivors", place, why: onlyLeads })),
  {
    statement: "SELECT m.from_id, m.survivor_id FROM customer_merge m",
    place: 2,
    why: "the merge is of the company, and the survivor is joined to it by the company",
  },
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14].map((place) => ({
    ...{ statement: "SELECT l.company_id, l.id, l.raw_id, l.first_name, l.last_name, l.avat", place, why: onlySizes },
  })),
  ...[0, 1, 2].map((place) => ({
    ...{ statement: "SELECT n.id, sum(n.bytes)::float8 AS bytes FROM ( SELECT p.lead_id", place, why: onlySizes },
  })),
  ...[0, 1, 3].map((place) => ({
    ...{ statement: "SELECT p.id, p.version FROM pet p", place },
    why: "only decides whether a pet of an earlier batch may be named: the owner is bound to the access of the key, which is to the company of the request alone, and results of pets have no version",
  })),
  {
    statement: "SELECT package.company_id, package.id, package.version",
    place: 0,
    why: "only decides whether a package of an earlier batch may be named: the ids are those that the company's own batch has stored, and results of packages have no version",
  },
  {
    statement: "pet.find_each",
    place: 8,
    why: "the lead is bound to the access of the key as well, which is to the company of the request alone",
  },
  ...["phone", "address", "tag", "account", "profile"].map((table) => ({
    ...{ statement: `INSERT INTO customer_${table} SELECT r.*`, place: 0, why: onlyStored },
  })),
  ...["duplicates.list", "duplicates.list_changes"].map((statement) => ({ statement, place: 4, why: onlyFinds })),
  // Of customers, and of leads with their pets.
  ...[5, 10].map((place) => ({
    ...{ statement: "SELECT 'business' AS kind, id FROM business", place },
    why: "searches for the pseudonym of an erased record, a salted hash of company and id that no other company has",
  })),
  {
    statement: "INSERT INTO customer_profile (company_id,customer_id",
    place: 0,
    why: "ON CONFLICT contains the company and found the row by it",
  },
  {
    statement: "flow_run.claim",
    place: 0,
    why: "ON CONFLICT contains the company and found the row by it",
  },
  {
    statement: "SELECT change.company_id, change.id FROM change WHERE",
    place: 0,
    why: "searches for the pseudonym of an erased record, a salted hash of company and id that no other company has",
  },
  ...["package.change", "customer.change", "lead.change_notes", "lead.promote"].map((statement) => ({
    ...{ statement, place: 0, why: onlyGuards },
  })),
  { statement: "customer.read_notes", place: 1, why: onlyBounds },
  ...[2, 3, 4, 5].map((place) => ({ statement: "lead.read_notes", place, why: onlyBounds })),
  {
    statement: "lead.read_notes",
    place: 1,
    why: "reads the notes that the first attempt of this request added, by their generated ids",
  },
  ...[8, 9].map((place) => ({
    ...{ statement: "lead.read_notes", place },
    why: "only decides how a promoted lead is refused; GetLead has the same condition, and shows the lead without it",
  })),
  { statement: "customer.create", place: 4, why: onlyReads },
  // The children of customers that an upsert found.
  ...[5, 11, 13].map((place) => ({
    ...{ statement: "SELECT c.company_id, c.id, c.raw_id, c.created_by, c.created_time, c.l", place },
    why: "no response has the notes and the summary of the lead, and only the size of the record depends on them",
  })),
  {
    statement: "SELECT c.company_id, c.id, c.raw_id, c.created_by, c.created_time, c.l",
    place: 3,
    why: "compares tags by their ids, and a namesake of a tag has the same id",
  },
  // The same of leads and pets.
  ...[5, 6, 7, 8, 9, 10, 11, 17, 18, 19].map((place) => ({
    ...{ statement: "SELECT stored.note_bytes", place },
    why: "no response has the notes and pets of the lead, and only the size of the record depends on them",
  })),
  ...[
    { statement: "SELECT stored.note_bytes", place: 3 },
    { statement: "SELECT coalesce(stored.bytes", place: 6 },
  ].map((one) => ({ ...one, why: "compares tags and codes by their ids, and a namesake of one has the same id" })),
  ...[
    { statement: "SELECT stored.note_bytes", place: 1 },
    { statement: "SELECT stored.note_bytes", place: 2 },
    { statement: "SELECT coalesce(stored.bytes", place: 4 },
    { statement: "SELECT coalesce(stored.bytes", place: 5 },
  ].map((one) => ({
    ...one,
    why: "only decides how a promoted lead is refused; GetLead has the same condition, and shows the lead without it",
  })),
  ...[8, 11].map((place) => ({
    ...{ statement: "SELECT coalesce(stored.bytes", place },
    why: "no response has the notes of the pet, and only the size of the record depends on them",
  })),
  // The probes for possible duplicates.
  ...[9, 10, 11, 12, 13, 14].map((place) => ({ statement: "customer.create", place, why: onlyLooks })),
  ...[9, 10, 11, 12, 13, 14].map((place) => ({ statement: "lead.create", place, why: onlyLooks })),
  { statement: "caller.record_by_id", place: 18, why: onlyLooks },
  { statement: "caller.record_by_accountId_phone", place: 18, why: onlyLooks },
  { statement: "caller.record_by_id_accountId_phone", place: 18, why: onlyLooks },
  ...["caller.record_by_phone", "caller.record_by_id_phone"].flatMap((statement) =>
    [18, 19, 20].map((place) => ({ statement, place, why: onlyLooks })),
  ),
  ...["customer", "lead"].map((table) => ({
    statement: `SELECT ${table}.company_id, ${table}.id, ${table}.preferred_business`,
    place: 0,
    why: "reads the location that the import of a pet notes in the audit log, which no response shows",
  })),
  {
    // Of an upsert.
    statement: "INSERT INTO consent_event (company_id, subject_kind, subject_id, occur",
    place: 1,
    why: onlyTimes,
  },
  {
    statement: "SELECT consent_event.",
    place: 0,
    why: onlyTimes,
  },
  // The records that have the line of an opt-out. The neighbour's promoted namesake of a lead shows what is not listed.
  ...[0, 1, 2].map((place) => ({
    statement: "SELECT r.id FROM customer r WHERE r.company_id = $1",
    place,
    why: onlyLocks,
  })),
  ...[1, 2].map((place) => ({ statement: "SELECT r.id FROM lead r WHERE r.company_id = $1", place, why: onlyLocks })),
  {
    statement: "SELECT opt_out.company_id, opt_out.id, opt_out.occurred_time",
    place: 0,
    why: "determines the minimum time of the new entry, and searches for a keyed hash that no other company has",
  },
  {
    statement: "SELECT ARRAY[(count(*)",
    place: 0,
    why: "counts before and after a write; test/rpc/company-limits.test.ts creates entries while other companies have more",
  },
  {
    statement: "SELECT count(*) FILTER (WHERE k.revoked_time IS NULL",
    place: 0,
    why: "only refuses a key; test/rpc/company-limits.test.ts creates keys while other companies have more",
  },
  ...[0, 1, 2].map((place) => ({
    statement: "SELECT (coalesce((SELECT sum(octet_length(n.content))",
    place,
    why: "only refuses growth beyond 1 MiB, and a namesake of the lead counts before and after the write",
  })),
];
