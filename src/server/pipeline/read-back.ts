import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { isReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { canonicalBytes } from "../../api/canonical.js";
import type { Context, HandlerRegistry } from "../../api/rpc.js";
import { DomainError, invalidRequest, type Violation } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import { FieldBehavior, field_behavior } from "../../gen/proto/google/api/field_behavior_pb.js";
import { isUnary, rpcNameOf } from "./contract.js";

/** What the JSON of an update may repeat, so that a client can send a resource back as it has read it. */
export interface ReadBack {
  /** The resource that the update returns. */
  readonly resource: DescMessage;
  /** The field of the response that holds it; absent if the response is the resource. */
  readonly wrapper?: DescField;
  /** Reads the resource, or the list of which it is an entry. Without it, members that a client could set are unknown. */
  readonly get?: DescMethodUnary;
  /** The entries of the list. */
  readonly entries?: DescField & { readonly fieldKind: "list" };
  /** The field of the request that has the id of the resource, if it is not `id`. */
  readonly idField?: DescField;
}

/** Members of a resource that its update cannot write: they must be as they are stored. */
export interface Repeated {
  readonly message: Message;
  readonly fields: readonly DescField[];
}

/** By update. An update with the whole resource in a field has none: its fields are those of the resource. */
export function readBacksOf(services: readonly DescService[]): ReadonlyMap<DescMethodUnary, ReadBack> {
  const methods = services.flatMap((service) => service.methods).filter(isUnary);
  const updates = methods.filter(({ name }) => name.startsWith("Update"));
  return new Map(
    updates.flatMap((update) => {
      const { resource, wrapper } = resourceOf(update.output);
      if (update.input.fields.some(({ message }) => message === resource)) return [];
      const name = `Get${update.name.slice("Update".length)}`;
      const get = methods.find((method) => method.name === name && resourceOf(method.output).resource === resource);
      const idField = update.input.fields.find((field) => field.name === `${resource.name.toLowerCase()}_id`);
      const named = { resource, ...(wrapper ? { wrapper } : {}), ...(idField ? { idField } : {}) };
      return [[update, { ...named, ...(get ? { get } : listOf(methods, resource)) }] as const];
    }),
  );
}

/** The list of a company that has all entries of this kind, archived or not. */
function listOf(methods: readonly DescMethodUnary[], resource: DescMessage): Pick<ReadBack, "get" | "entries"> {
  for (const get of methods) {
    const isOfCompany = ["company_id", "show_archived"].every((name) =>
      get.input.fields.some((field) => field.name === name),
    );
    const entries = get.output.fields.find((field) => field.fieldKind === "list" && field.message === resource);
    if (isOfCompany && entries?.fieldKind === "list") return { get, entries };
  }
  return {};
}

function resourceOf(output: DescMessage): { readonly resource: DescMessage; readonly wrapper?: DescField } {
  const [only, ...others] = output.fields;
  const isWrapped = output.name.endsWith("Response") && only?.fieldKind === "message" && others.length === 0;
  return isWrapped ? { resource: only.message, wrapper: only } : { resource: output };
}

/** Whether only the server sets the field. Its value in a request is then ignored: the client may have read it long ago. */
export function isOutputOnly(field: DescField): boolean {
  return getOption(field, field_behavior).includes(FieldBehavior.OUTPUT_ONLY) && field.name !== "raw_id";
}

interface ReadBackCheck {
  readonly handlers: HandlerRegistry;
  readonly readBack: ReadBack | undefined;
  readonly request: Message;
  readonly context: Context;
  readonly company: string | undefined;
}

/**
 * Why an update is refused that repeats members unlike those of the stored resource, such as another raw id. If the
 * resource cannot be read, the update itself tells why.
 */
export async function repeatedRefusal(
  { message, fields }: Repeated,
  { handlers, readBack, request, context, company }: ReadBackCheck,
): Promise<DomainError | undefined> {
  const get = readBack?.get;
  const handler = get && handlers.get(rpcNameOf(get));
  if (!handler || !readBack) return undefined;
  const named = create(get.input, namesOf(get.input, context.method.input, request));
  try {
    const principal = within(context.principal, company);
    const answer = create(get.output, await handler(named, { ...context, method: get, principal }));
    const held = heldBy(answer, get, { readBack, id: idOf(context.method.input, request) });
    const differing = held ? fields.filter((field) => !isSame(readBack.resource, field, message, held)) : [];
    return differing.length > 0 ? invalidRequest(differing.map(differs)) : undefined;
  } catch (error) {
    if (error instanceof DomainError && error.reason !== "INVALID_REQUEST") return undefined;
    throw error;
  }
}

interface Named {
  readonly readBack: ReadBack;
  readonly id: unknown;
}

/** The resource in an answer: the answer, its only field or the entry with the id. */
function heldBy(answer: Message, { output }: DescMethodUnary, { readBack: { resource, entries }, id }: Named) {
  const held = reflect(output, answer);
  if (entries) {
    for (const entry of held.get(entries)) {
      if (isReflectMessage(entry, resource) && idOf(resource, entry.message) === id) return entry.message;
    }
    return undefined;
  }
  const { wrapper } = resourceOf(output);
  return wrapper?.fieldKind === "message" ? held.get(wrapper).message : answer;
}

function idOf(schema: DescMessage, message: Message): unknown {
  const field = schema.fields.find(({ name }) => name === "id");
  return field && reflect(schema, message).get(field);
}

/** The fields that name the resource: those of the update, or its company where that is what is read. */
function namesOf(get: DescMessage, update: DescMessage, request: Message): Readonly<Record<string, unknown>> {
  const given = reflect(update, request);
  return Object.fromEntries(
    get.fields.map(({ name, localName }) => {
      const field = update.fields.find((known) => known.name === name);
      if (!field && !name.endsWith("id")) return [localName, name === "show_archived" ? true : undefined];
      const source = field ?? update.fields.find((known) => known.name === "company_id");
      return [localName, source ? given.get(source) : undefined];
    }),
  );
}

function within(principal: Principal, company: string | undefined): Principal {
  const access = company === undefined ? undefined : principal.companies.get(company);
  return company !== undefined && access ? { ...principal, companies: new Map([[company, access]]) } : principal;
}

function isSame(schema: DescMessage, field: DescField, one: Message, other: Message): boolean {
  return Buffer.from(alone(schema, field, one)).equals(alone(schema, field, other));
}

function alone(schema: DescMessage, field: DescField, message: Message): Uint8Array {
  const [from, to] = [reflect(schema, message), reflect(schema, create(schema))];
  if (from.isSet(field)) to.set(field, from.get(field));
  return canonicalBytes(schema, to.message);
}

function differs({ name }: DescField): Violation {
  const description = "Must be absent or equal to the stored value; this request cannot change it.";
  return { field: name, reason: "IMMUTABLE", description };
}
