import {
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
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
  /** Reads the resource. Without it, members that a client could set are unknown. */
  readonly get?: DescMethodUnary;
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
      return [[update, { resource, ...(wrapper ? { wrapper } : {}), ...(get ? { get } : {}) }] as const];
    }),
  );
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
 * Refuses members that differ from the stored resource, such as another raw id. If it cannot be read, the update itself
 * tells why.
 *
 * @throws DomainError INVALID_REQUEST
 */
export async function assertRepeated(
  { message, fields }: Repeated,
  { handlers, readBack, request, context, company }: ReadBackCheck,
): Promise<void> {
  const get = readBack?.get;
  const handler = get && handlers.get(rpcNameOf(get));
  if (!handler || !readBack) return;
  const named = create(get.input, namesOf(get.input, context.method.input, request));
  try {
    const principal = within(context.principal, company);
    const answer = create(get.output, await handler(named, { ...context, method: get, principal }));
    const { wrapper } = resourceOf(get.output);
    const held = wrapper?.fieldKind === "message" ? reflect(get.output, answer).get(wrapper).message : answer;
    const differing = fields.filter((field) => !isSame(readBack.resource, field, message, held));
    if (differing.length > 0) throw invalidRequest(differing.map(differs));
  } catch (error) {
    if (error instanceof DomainError && error.reason !== "INVALID_REQUEST") return;
    throw error;
  }
}

/** The fields that name the resource: those of the update, or its company where that is what is read. */
function namesOf(get: DescMessage, update: DescMessage, request: Message): Readonly<Record<string, unknown>> {
  const given = reflect(update, request);
  return Object.fromEntries(
    get.fields.map(({ name, localName }) => {
      const field = update.fields.find((known) => known.name === name);
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
