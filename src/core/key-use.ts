import type { WriteContext } from "./write.js";

/** A customer or lead in a response. */
export interface ReadRecord {
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** Who reads: the context of the request. */
export type Reader = Pick<WriteContext, "rpc" | "keyId" | "requestId" | "recordedAddress">;

/** What was read of one company. Empty records mean that nobody was found. */
export interface ReadOfPeople {
  readonly companyId: string;
  readonly records: readonly ReadRecord[];
}

/** What a page of customers or leads shows. */
export function readOfPage(
  companyId: string,
  kind: ReadRecord["kind"],
  rows: readonly { readonly id: string }[],
): ReadOfPeople {
  return { companyId, records: rows.map(({ id }) => ({ kind, id })) };
}

/** Records reads of personal data. Returns at once: entries are stored after the response. */
export interface KeyUseLog {
  record(reader: Reader, read: ReadOfPeople): void;
}

interface AnsweredQuery {
  readonly companyId: string;
  readonly status: "FOUND" | "UNKNOWN" | "WITHHELD" | "UNREADABLE";
  readonly matches: readonly { readonly kind: "CUSTOMER" | "LEAD"; readonly id: string }[];
}

const kinds = { CUSTOMER: "customer", LEAD: "lead" } as const;

/** Records a query of callers. Queries that find nobody are recorded too: they show that a key tries numbers out. */
export function recordQuery(log: KeyUseLog, reader: Reader, { companyId, status, matches }: AnsweredQuery): void {
  if (status !== "FOUND" && status !== "UNKNOWN") return;
  log.record(reader, { companyId, records: matches.map(({ kind, id }) => ({ kind: kinds[kind], id })) });
}
