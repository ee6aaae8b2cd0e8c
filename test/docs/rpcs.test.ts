import { expect, it } from "vitest";
import { ErrorReason } from "../../src/gen/proto/moego/error/v1/error_reason_pb.js";
import { services } from "../../src/services.js";
import { readContract } from "./contract.js";
import { rpcTable } from "./rpc-table.js";

it("docs/rpcs.md contains every RPC with the errors of the contract (npm run docs writes it)", async () => {
  const table = rpcTable(services, await readContract());
  for (const [, reason = ""] of table.matchAll(/[A-Z]+ ([A-Z_]+)(?:<br>| \|$)/gm)) {
    expect(Object.keys(ErrorReason), reason).toContain(reason);
  }
  await expect(table).toMatchFileSnapshot("../../docs/rpcs.md");
});
