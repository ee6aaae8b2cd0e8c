import {
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { type Scope, scopes } from "../../core/principal.js";
import {
  Access,
  access,
  imports_records,
  passes_on_idempotency_key,
  scope as scopeOption,
} from "../../gen/proto/moego/option/v1/option_pb.js";
import type { ServedMethod } from "./call.js";

/** `moego.business.customer.v1.CustomerService/GetCustomer` */
export function rpcNameOf(method: DescMethod): string {
  const known = names.get(method);
  if (known !== undefined) return known;
  const name = `${method.parent.typeName}/${method.name}`;
  names.set(method, name);
  return name;
}

/** A name that is composed for every call would also be hashed for every map. */
const names = new WeakMap<DescMethod, string>();

/** True for an rpc with one request and one response. */
export function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** True for an rpc with one request and a stream of responses, the only other kind that is served. */
export function isStream(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === "server_streaming";
}

/** True for an rpc that changes nothing, by the contract's `idempotency_level`. */
export function isReadOnly(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}

/**
 * True for an rpc whose effects are in third-party systems, by the contract's `passes_on_idempotency_key`. This server
 * stores no idempotency record for it, so a retry is executed again.
 */
export function forwardsIdempotencyKey(method: DescMethod): boolean {
  return getOption(method, passes_on_idempotency_key);
}

/** True for an rpc that needs the scope `record:import` in addition to its own. */
export function importsRecords(method: DescMethod): boolean {
  return getOption(method, imports_records);
}

/** True for the request of a batch: it has items, each with its own check. */
export function isBatch({ fields }: DescMessage): boolean {
  return fields.some((field) => getOption(field, access) === Access.ITEMS);
}

/**
 * The rpcs of the gRPC services, with their required scopes.
 *
 * @throws Error for an rpc with a stream of requests, or without a scope or with an unknown one
 */
export function scopesOf(services: readonly DescService[]): ReadonlyMap<ServedMethod, Scope> {
  const found = new Map<ServedMethod, Scope>();
  for (const method of services.flatMap((service) => service.methods)) {
    if (!isUnary(method) && !isStream(method)) throw new Error(`${rpcNameOf(method)} has a stream of requests`);
    if (!hasOption(method, scopeOption)) throw new Error(`${rpcNameOf(method)} declares no moego.option.v1.scope`);
    const name = getOption(method, scopeOption);
    const scope = scopes.find((known) => known === name);
    if (!scope) throw new Error(`${rpcNameOf(method)} declares the unknown scope "${name}"`);
    found.set(method, scope);
  }
  return found;
}
