import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { type Key, Organization_Type } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import type { TestServer } from "./server.js";

export interface Made {
  readonly headers?: Readonly<Record<string, string>>;
  readonly more?: object;
}

const rpc = ApiKeyService.method;

/** A key that every key of company A with `key:admin` may make, from wherever the tests run. */
export function newKey(name = "Made by a test") {
  return {
    name,
    restrictions: {
      scopes: ["key:admin"],
      allowedIpRanges: ["127.0.0.1"],
      clientRestrictions: {
        case: "organizationRestrictions" as const,
        value: { organizations: [{ id: "cmp_a", type: Organization_Type.COMPANY }] },
      },
    },
  };
}

/** A new key of company A with its secret. */
export async function madeKey(server: TestServer, { headers = {}, more = {} }: Made = {}): Promise<Key> {
  const { key } = await server.ok(rpc.createApiKey, { ...newKey(), ...more }, { headers });
  if (!key) throw new Error("no key was made");
  return key;
}

export function using(secret: string) {
  return { key: { secret } };
}

/** Why a secret is refused; undefined while it works. */
export async function reasonOf(server: TestServer, id: string, secret: string): Promise<string | undefined> {
  const answer = await server.call(rpc.getApiKey, { id }, using(secret));
  return answer.ok ? undefined : answer.reason;
}

/** Waits up to 4 s. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 4_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error("it did not come to be so");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
