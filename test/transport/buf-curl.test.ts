import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authorization, startWorld, type World } from "./world.js";

const run = promisify(execFile);
const buf = resolve("node_modules/.bin/buf");
const schema = resolve("proto");
const rpc = "moego.business.customer.v1.CustomerService/GetCustomer";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Runs `buf curl` outside the repository, where it finds no schema but the one it is told of. */
async function curl(url: string, ...options: string[]): Promise<unknown> {
  const own = ["-H", `authorization: ${authorization}`, "-d", '{"id":"cus_1"}'];
  const { stdout } = await run(buf, ["curl", ...options, ...own, url], { cwd: tmpdir(), timeout: 60_000 });
  return JSON.parse(stdout);
}

describe("buf curl, a client of another make", () => {
  it("calls gRPC, learning the contract by reflection", async () => {
    const url = `http://127.0.0.1:${world.grpcPort}/${rpc}`;
    expect(await curl(url, "--protocol", "grpc", "--http2-prior-knowledge")).toMatchObject({
      id: "cus_1",
      firstName: "John",
    });
  });

  it("learns the health service by reflection too", async () => {
    const url = `http://127.0.0.1:${world.grpcPort}/grpc.health.v1.Health/Check`;
    const { stdout } = await run(buf, ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", "{}", url], {
      cwd: tmpdir(),
    });
    expect(JSON.parse(stdout)).toEqual({ status: "SERVING" });
  });

  it.each(["grpcweb", "connect"])("calls %s with the schema of the repository", async (protocol) => {
    const url = `http://127.0.0.1:${world.httpPort}/${rpc}`;
    expect(await curl(url, "--protocol", protocol, "--schema", schema)).toMatchObject({
      id: "cus_1",
      firstName: "John",
    });
  });

  it.each(["grpc", "grpcweb", "connect"])("reads the error and its details by %s", async (protocol) => {
    const port = protocol === "grpc" ? world.grpcPort : world.httpPort;
    const how = protocol === "grpc" ? ["--http2-prior-knowledge"] : ["--schema", schema];
    const call = run(
      buf,
      [
        "curl",
        "--protocol",
        protocol,
        ...how,
        "-H",
        `authorization: ${authorization}`,
        "-d",
        '{"id":"absent"}',
        `http://127.0.0.1:${port}/${rpc}`,
      ],
      { cwd: tmpdir(), timeout: 60_000 },
    );
    const { stderr } = await call.then(
      () => ({ stderr: "" }),
      (error) => error,
    );
    const error = JSON.parse(stderr);
    expect(error).toMatchObject({ code: "not_found", message: "Customer not found." });
    expect(error.details[0].type).toBe("google.rpc.ErrorInfo");
    expect(Buffer.from(error.details[0].value, "base64").toString()).toContain("RESOURCE_NOT_FOUND");
  });
});
