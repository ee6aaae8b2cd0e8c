import type { DescMethodUnary } from "@bufbuild/protobuf";
import { scopesOf } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";
import { type FixtureKey, keys } from "./fixture-keys.js";

const scopeOf = scopesOf(services);

/** A key that may call the RPC. RPCs that manage the installation accept platform keys only. */
export function ableKey(method: DescMethodUnary): FixtureKey {
  return isPlatformRpc(method) ? keys.platform : keys.a;
}

export function isPlatformRpc(method: DescMethodUnary): boolean {
  return scopeOf.get(method) === "platform:admin";
}
