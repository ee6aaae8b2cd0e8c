import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { ErrorReason } from "../../src/gen/proto/moego/error/v1/error_reason_pb.js";
import { services } from "../../src/services.js";
import { rpcTable } from "./rpc-table.js";

async function readContract() {
  const folder = await mkdtemp(join(tmpdir(), "moego-docs-"));
  try {
    await promisify(execFile)("node_modules/.bin/buf", ["build", "-o", join(folder, "contract.binpb")]);
    return fromBinary(FileDescriptorSetSchema, await readFile(join(folder, "contract.binpb")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it("docs/rpcs.md says of every rpc what the contract says (npm run docs writes it)", async () => {
  const table = rpcTable(services, await readContract());
  for (const [, reason = ""] of table.matchAll(/[A-Z]+ ([A-Z_]+)(?:<br>| \|$)/gm)) {
    expect(Object.keys(ErrorReason), reason).toContain(reason);
  }
  await expect(table).toMatchFileSnapshot("../../docs/rpcs.md");
});
