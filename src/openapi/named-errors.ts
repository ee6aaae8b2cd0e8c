import type { Reason } from "../core/errors.js";
import { reasonCodes } from "../server/pipeline/error-table.js";

/** An error that a comment names. */
export interface NamedError {
  readonly code: string;
  readonly reason: string;
  /** When it is returned, as Markdown in one line. */
  readonly text: string;
}

/** The list under "Errors:" in the comment of an rpc, whose items begin with a code and its reasons. */
export function namedErrors(comment: string): readonly NamedError[] {
  const [, list = ""] = comment.split(/^ ?Errors:$/m);
  return itemsOf(list).flatMap((item) => {
    const [, code = "", reasons = "", text = ""] = /^([A-Z_]+), ([A-Z_, or]+?): (.+)$/.exec(item) ?? [];
    return [...reasons.matchAll(/[A-Z][A-Z_]+/g)].map(([reason]) => ({ code, reason, text }));
  });
}

/** The reasons that every rpc of a service can return, by the comment of the service. */
export function commonReasons(comment: string): readonly Reason[] {
  const [, list = ""] = comment.split(/(?:every RPC|it) can return:$/m);
  const words = itemsOf(list).flatMap((item) => [...item.matchAll(/[A-Z][A-Z_]+/g)].map(([word]) => word));
  return [...new Set(words.filter(isReason))];
}

export function isReason(word: string): word is Reason {
  return Object.hasOwn(reasonCodes, word);
}

/** The items of a Markdown list at the start of a text, each in one line. */
function itemsOf(list: string): readonly string[] {
  const [items = ""] = list.trim().split(/\n\s*\n/);
  return items
    .split(/^ ?- /m)
    .slice(1)
    .map((item) => item.replaceAll(/\s+/g, " ").trim());
}
