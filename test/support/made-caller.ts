import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { madeCustomer } from "./records.js";
import type { TestServer } from "./server.js";

export interface MadeCaller {
  readonly companyId: string;
  readonly customerId: string;
}

/** A customer of company A, as the rpcs of CallerService name one. */
export async function madeCaller(server: TestServer): Promise<MadeCaller> {
  const { id } = await madeCustomer(server);
  return { companyId: "cmp_a", customerId: id };
}

export async function profileOf(server: TestServer, caller: MadeCaller) {
  return (await server.ok(CallerService.method.getCallerProfile, caller)).profile;
}

/** The rows of the ledger about the customer, oldest first. */
export async function changesOf(
  server: TestServer,
  { customerId }: MadeCaller,
): Promise<readonly { readonly rpc: string; readonly version: string }[]> {
  const { rows } = await server.database.owner.query<{ rpc: string; version: string }>(
    "SELECT rpc, version FROM change WHERE kind = 'customer' AND resource_id = $1 ORDER BY id",
    [customerId],
  );
  return rows;
}
