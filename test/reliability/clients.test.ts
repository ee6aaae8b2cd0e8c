import { afterAll, beforeAll, expect, it } from "vitest";
import { connectWeb } from "../clients/connect-web.js";
import { grpcJs, niceGrpc } from "../clients/grpc-clients.js";
import { grpcWebBinary, grpcWebText, protobufTsBinary, protobufTsText } from "../clients/grpc-web-clients.js";
import { type PreparedServer, startPrepared } from "../clients/prepared-server.js";
import { expectedSteps, runSteps, type Steps } from "../clients/steps.js";
import { record } from "./run.js";

const libraries = [...[grpcJs, niceGrpc, grpcWebText, grpcWebBinary, protobufTsText, protobufTsBinary], ...connectWeb];

let server: PreparedServer;
beforeAll(async () => {
  server = await startPrepared([]);
});
afterAll(() => server.stop());

it("C1: each client library gets its answers", async (context) => {
  const outcomes = await Promise.all(
    libraries.map(async (library) => ({
      name: library.name,
      steps: await runSteps(library, await server.forClient()),
    })),
  );
  const wrong = outcomes.flatMap(({ name, steps }) => differences(name, steps));
  record(context, {
    id: "C1",
    done: `${libraries.length} clients from npm (${outcomes.map(({ name }) => name).join("; ")}): ${Object.keys(expectedSteps).join(", ")}`,
    seen: wrong.length === 0 ? "0 steps differ" : wrong.join("; "),
    must: "0 steps differ",
  });
  expect(wrong).toEqual([]);
});

function differences(name: string, steps: Steps): readonly string[] {
  return Object.entries(expectedSteps).flatMap(([step, expected]) => {
    const seen = Object.entries(steps).find(([other]) => other === step)?.[1];
    return seen === expected ? [] : [`${name}: ${step}: ${seen}`];
  });
}
