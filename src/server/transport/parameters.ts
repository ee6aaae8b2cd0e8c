import { invalidRequest } from "../../core/errors.js";
import { decodeUtf8 } from "./json-parse.js";

/** A query parameter, or a member of a form. */
export interface Parameter {
  readonly origin: "query" | "form";
  /** As received, percent-encoded. */
  readonly rawName: string;
  /** Undefined if its percent-encoding is invalid. */
  readonly name: string | undefined;
  /** Undefined if its percent-encoding is invalid. Blanks are kept: they can be pluses that the client did not encode. */
  readonly value: string | undefined;
}

/** No form of the contract has a tenth of it. */
const maxMembers = 1_000;

/** @param query without the question mark */
export function queryParameters(query: string): Parameter[] {
  return parametersOf("query", query.split("&"));
}

/**
 * The members of an `application/x-www-form-urlencoded` body. Clients end it with a line break, which is not part of the
 * last value: line breaks in values are percent-encoded.
 *
 * @throws DomainError
 */
export function formMembers(body: Uint8Array): Parameter[] {
  const pairs = decodeUtf8(body)
    .replace(/\r?\n$/, "")
    .split("&", maxMembers + 1);
  if (pairs.length <= maxMembers) return parametersOf("form", pairs);
  throw invalidRequest([{ field: "", reason: "TOO_MANY", description: `Must have at most ${maxMembers} members.` }]);
}

function parametersOf(origin: Parameter["origin"], pairs: readonly string[]): Parameter[] {
  return pairs
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [rawName = "", ...rest] = pair.split("=");
      return { origin, rawName, name: decoded(rawName), value: decoded(rest.join("=")) };
    });
}

function decoded(text: string): string | undefined {
  return percentDecoded(text.replaceAll("+", " "));
}

export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
