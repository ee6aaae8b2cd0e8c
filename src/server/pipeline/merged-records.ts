import { clone, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import type { AnyHandler, Context } from "../../api/rpc.js";
import { DomainError, mergedError } from "../../core/errors.js";
import type { FindSurvivors } from "../../core/merged-record.js";
import { isReadOnly } from "./contract.js";

/** Fields that can name a customer. */
const namesCustomer = /^(id|from_id|(\w+_)?customer_id)$/;

/**
 * Runs a handler. If it finds nothing under the id of a customer that was merged into another one, a read runs again with
 * the id of that one. A write is refused, because it was meant for a record that does not exist any more: with an idempotency key only
 * after it had the chance to answer what it did before the merge.
 */
export async function followMerges(
  handler: AnyHandler,
  findSurvivors: FindSurvivors,
  { request, context }: { readonly request: Message; readonly context: Context },
): ReturnType<AnyHandler> {
  try {
    return await handler(request, context);
  } catch (error) {
    const { method, principal, write, signal } = context;
    const ids = absentIds(error, method.input, request);
    if (ids.length === 0) throw error;
    const survivors = await findSurvivors(principal, ids, signal);
    const [first] = survivors;
    if (!first) throw error;
    const renamed = clone(method.input, request);
    rename(reflect(method.input, renamed), survivors);
    if (isReadOnly(method)) return handler(renamed, context);
    const refusal = mergedError("Customer", ...first);
    if (!write.claim) throw refusal;
    return handler(renamed, { ...context, write: { ...write, refusal } });
  }
}

/** The ids of customers in the request under which the handler may have found nothing. */
function absentIds(error: unknown, input: DescMessage, request: Message): readonly string[] {
  if (!(error instanceof DomainError)) return [];
  const { reason, details } = error;
  const { metadata = {}, violations = [] } = details;
  const named = () => [...customerIds(reflect(input, request))];
  if (reason === "RESOURCE_NOT_FOUND") {
    return metadata["resource"] === "Customer" ? named().filter((id) => id === metadata["id"]) : [];
  }
  // The token of a page was made for the request with the id of the survivor.
  if (reason === "PAGE_TOKEN_INVALID") return named();
  const isReference = violations.every((one) => one.reason === "NOT_FOUND" && /(^|_)customer_id$/.test(one.field));
  return reason === "INVALID_REQUEST" && isReference ? named() : [];
}

function customerIds(message: ReflectMessage, found = new Set<string>()): ReadonlySet<string> {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (isName(field)) found.add(String(message.get(field)));
    if (field.fieldKind === "message") customerIds(message.get(field), found);
  }
  return found;
}

function rename(message: ReflectMessage, survivors: ReadonlyMap<string, string>): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const survivor = isName(field) ? survivors.get(String(message.get(field))) : undefined;
    if (survivor !== undefined) message.set(field, survivor);
    if (field.fieldKind === "message") rename(message.get(field), survivors);
  }
}

function isName(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING && namesCustomer.test(field.name);
}
