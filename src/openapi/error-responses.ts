import type { JsonObject } from "@bufbuild/protobuf";
import type { Reason } from "../core/errors.js";
import { StatusSchema } from "../gen/proto/google/rpc/status_pb.js";
import type { ServedMethod } from "../server/pipeline/call.js";
import { isReadOnly } from "../server/pipeline/contract.js";
import { httpStatusOf } from "../server/pipeline/error-table.js";
import type { Route } from "../server/transport/rest-routes.js";
import type { Contract } from "./contract.js";
import type { Examples } from "./examples.js";
import { commonReasons, isReason, namedErrors } from "./named-errors.js";
import type { Schemas } from "./schemas.js";

/** What a client sees of a status that many operations have. */
const titles: Readonly<Record<number, string>> = {
  400: "The request is not valid, or its conditions are not met.",
  401: "The API key is missing or not valid.",
  403: "The API key does not permit the request.",
  404: "What the request names does not exist, or the API key has no access to it.",
  409: "The request conflicts with what is stored, or with another request.",
  413: "The request is too large.",
  415: "The content type or the compression of the request is not supported.",
  429: "A limit is reached.",
  500: "An internal error.",
  503: "The server cannot serve the request now. The error says whether and when to retry.",
  504: "The request took too long.",
};

/** Of requests over HTTP, whatever they ask for. */
const ofBodies: readonly Reason[] = ["UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_ENCODING"];
/** Only writes conflict or have an unknown outcome. */
const ofWrites: readonly Reason[] = ["CONCURRENT_WRITE", "LOCK_TIMEOUT", "OUTCOME_UNKNOWN", "IDEMPOTENCY_KEY_REUSED"];
/** No client is left that could read it. */
const unseen: readonly Reason[] = ["CALL_CANCELLED"];

interface ErrorOptions {
  readonly contract: Contract;
  readonly schemas: Schemas;
  readonly examples: Examples["errors"];
}

/** The errors of operations, as responses by HTTP status. */
export function createErrorResponses({ contract, schemas, examples }: ErrorOptions) {
  const byService = new Map<string, readonly Reason[]>();

  function commonOf({ method, body }: Route): readonly Reason[] {
    const { typeName } = method.parent;
    const listed = byService.get(typeName) ?? commonReasons(contract.commentOf(method.parent));
    if (listed.length === 0) throw new Error(`The comment of ${typeName} does not list the errors of every RPC.`);
    byService.set(typeName, listed);
    const all: readonly Reason[] = [
      ...listed,
      "CROSS_SITE_REQUEST",
      "IDEMPOTENCY_KEY_REUSED",
      ...(body === "" ? [] : ofBodies),
    ];
    return all.filter((reason) => !unseen.includes(reason) && !(isReadOnly(method) && ofWrites.includes(reason)));
  }

  function responseOf(status: number, own: readonly Own[], common: readonly Reason[]): JsonObject {
    const title = titles[status];
    if (title === undefined) throw new Error(`There is no text for the HTTP status ${status}.`);
    const others = common.filter((reason) => own.every((one) => one.reason !== reason));
    const reasons = [...new Set([...own.map(({ reason }) => reason), ...others])];
    const lines = own.map(({ reason, text }) => `- \`${reason}\`: ${text}`);
    const also = `${lines.length > 0 ? "Also" : "Reasons"}: ${others.map((reason) => `\`${reason}\``).join(", ")}.`;
    const shown = reasons.filter((reason) => Object.hasOwn(examples, reason));
    return {
      description: [title, lines.join("\n"), others.length > 0 ? also : ""].filter((part) => part !== "").join("\n\n"),
      content: {
        "application/json": {
          schema: schemas.messageRef(StatusSchema, "output"),
          ...(shown.length > 0
            ? {
                examples: Object.fromEntries(
                  shown.map((reason) => [reason, { $ref: `#/components/examples/${reason}` }]),
                ),
              }
            : {}),
        },
      },
      "x-error-reasons": reasons,
    };
  }

  const shared = new Map<string, JsonObject>();

  return {
    /** By HTTP status. */
    of(route: Route): JsonObject {
      const own = ownErrors(route.method, contract);
      const common = commonOf(route);
      const statuses = [...new Set([...own.map(({ reason }) => reason), ...common].map(httpStatusOf))].toSorted();
      const responses = statuses.map((status) => {
        const ownHere = own.filter(({ reason }) => httpStatusOf(reason) === status);
        const commonHere = common.filter((reason) => httpStatusOf(reason) === status);
        const response = responseOf(status, ownHere, commonHere);
        if (ownHere.length > 0) return [status, response] as const;
        const name = [...shared].find(([, known]) => JSON.stringify(known) === JSON.stringify(response))?.[0];
        const used = name ?? nameOf(status, shared);
        shared.set(used, response);
        return [status, { $ref: `#/components/responses/${used}` }] as const;
      });
      return Object.fromEntries(responses);
    },
    /** Those that several operations have, by component name. */
    components: (): JsonObject => Object.fromEntries([...shared].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

interface Own {
  readonly reason: Reason;
  readonly text: string;
}

function ownErrors(method: ServedMethod, { commentOf }: Contract): readonly Own[] {
  return namedErrors(commentOf(method)).map(({ reason, text }) => {
    if (!isReason(reason)) throw new Error(`${method.name} names the unknown error reason ${reason}.`);
    return { reason, text };
  });
}

function nameOf(status: number, taken: ReadonlyMap<string, unknown>): string {
  const name = `Error${status}`;
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}_${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
