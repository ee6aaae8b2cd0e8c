import { createHash } from "node:crypto";

/** One hand-written SQL text, prepared once per connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * Names a statement. The name ends in a hash of the text: PostgreSQL knows a prepared statement by name alone, and two
 * texts under one name would answer each other.
 *
 * @param name what the statement does, for the server's own views: `customers.get`
 */
export function statement(name: string, text: string): Statement {
  return { name: `${name.slice(0, 40)}_${hash(text)}`, text };
}

/** Names a statement that Prisma wrote. */
export function nameGenerated(query: { readonly sql: string }): string {
  return `p_${hash(query.sql)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
