import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  isMessage,
  type JsonValue,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { forwardsIdempotencyKey, isReadOnly } from "../../src/server/pipeline/contract.js";
import { entryOf } from "../resources/all-entries.js";
import { allRpcs } from "../resources/all-rpcs.js";
import { ableKey } from "../support/able-key.js";
import type { TestServer } from "../support/server.js";

/** A record that a call makes, and that ends before the call is repeated. */
export interface EndedRecord {
  readonly method: DescMethodUnary;
  /** What the record comes to: `ArchiveTag`. */
  readonly name: string;
  request(server: TestServer): Promise<Message>;
  end(server: TestServer, made: Made<Message, Message>): Promise<unknown>;
  /** JSON that the repeated call shows beside the id, or the reason why it is refused. */
  shows(made: Made<Message, Message>): object | string;
}

interface Made<Request, Response> {
  readonly request: Request;
  readonly response: Response;
}

interface Ending<I extends DescMessage, O extends DescMessage> {
  readonly name: string;
  /** The request of the entry unless given. */
  request?(server: TestServer): Promise<MessageInitShape<I>>;
  end(server: TestServer, made: Made<MessageShape<I>, MessageShape<O>>): Promise<unknown>;
  shows(made: Made<MessageShape<I>, MessageShape<O>>): object | string;
}

export function ending<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  { name, request, end, shows }: Ending<I, O>,
): EndedRecord {
  const typed = ({ request: sent, response }: Made<Message, Message>) => {
    if (isMessage(sent, method.input) && isMessage(response, method.output)) return { request: sent, response };
    throw new Error(`these are not messages of ${method.name}`);
  };
  return {
    method,
    name,
    request: async (server) =>
      request ? create(method.input, await request(server)) : repeatedRequest(method, server),
    end: (server, made) => end(server, typed(made)),
    shows: (made) => shows(typed(made)),
  };
}

const creatingVerb = /^(Add|Append|Copy|Create|Gen|Import|Promote|Sell)/;

/** Every RPC that makes something and keeps its idempotency key, as the contract has them. */
export const creates = allRpcs.filter(
  (method) => !isReadOnly(method) && !forwardsIdempotencyKey(method) && creatingVerb.test(method.name),
);

/** The ends that RPCs of the same resource make: `ArchiveTag` for `CreateTag`. */
export function endingsByName(method: DescMethodUnary): readonly EndedRecord[] {
  if (/^Promote/.test(method.name)) return [];
  const noun = method.name.replace(creatingVerb, "");
  return ["Archive", "Delete", "Revoke", "Erase"].flatMap((verb) => {
    // DeletePetCode of another service only takes a code from a pet.
    const isOwn = ({ parent }: DescMethodUnary) => verb !== "Delete" || parent === method.parent;
    const end = allRpcs.find((known) => known.name === verb + noun && isOwn(known));
    if (!end) return [];
    return [
      {
        method,
        name: end.name,
        request: (server: TestServer) => repeatedRequest(method, server),
        end: (server: TestServer, made: Made<Message, Message>) =>
          server.ok(end, namedIn(end, method, made), { key: ableKey(end) }),
        shows: () => (verb === "Erase" ? "RESOURCE_ERASED" : {}),
      },
    ];
  });
}

async function repeatedRequest(method: DescMethodUnary, server: TestServer): Promise<Message> {
  const requests = await entryOf(method).repeat?.requests(server);
  if (!requests) throw new Error(`${method.name} has no repeat in its entry`);
  return requests.good;
}

/** A request of `end` for the record of the response. */
function namedIn(
  end: DescMethodUnary,
  method: DescMethodUnary,
  { request, response }: Made<Message, Message>,
): Message {
  const answered = toJson(method.output, response);
  const id = find(answered, "id");
  const names = end.input.fields.map(({ jsonName }) => jsonName).filter((name) => /(^id|Id)$/.test(name));
  const given = (name: string) => find(answered, name) ?? find(toJson(method.input, request), name);
  const textOf = (name: string) => (name === "id" ? id : (given(name) ?? (name === "companyId" ? "cmp_a" : id)));
  return fromJson(end.input, Object.fromEntries(names.map((name) => [name, textOf(name) ?? ""])));
}

/** The id of what a call made. */
export function idIn(schema: DescMessage, message: Message): string | undefined {
  return find(toJson(schema, message), "id");
}

/** The first text with the name, the outermost one if there are several. */
function find(json: JsonValue, name: string): string | undefined {
  if (json === null || typeof json !== "object") return undefined;
  const members = Object.entries(json);
  const own = members.find(([key]) => key === name)?.[1];
  if (typeof own === "string") return own;
  for (const [, value] of members) {
    const inner = find(value, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

export function jsonOf(schema: DescMessage, message: Message): JsonValue {
  return toJson(schema, message);
}
