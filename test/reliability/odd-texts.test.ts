import { afterAll, expect, it } from "vitest";
import { isReadOnly } from "../../src/server/pipeline/contract.js";
import { rpcEntries } from "../resources/all-entries.js";
import { allRpcs } from "../resources/all-rpcs.js";
import { transports } from "../support/clients.js";
import { startServer } from "../support/server.js";
import { randomOf, record, times } from "./run.js";
import { textFieldsOf } from "./text-fields.js";
import { type TextWrite, TextWriter } from "./text-writer.js";

// Overload is another test's matter.
const server = await startServer({ environment: { DATABASE_POOL_WAIT_MS: "30000" } });
afterAll(() => server.stop());

const writes: readonly TextWrite[] = rpcEntries.flatMap(({ method, texts }) => (texts ? [{ method, texts }] : []));
/** Writes at the same time. */
const lanes = 10;

it("F2: an odd but valid text is read as it was written, in NFC and trimmed", async (context) => {
  const count = times({ short: 5_000, long: 50_000 });
  const writer = new TextWriter(server, randomOf("F2"));
  while (writer.written < count && writer.wrong.length < 100) {
    const waiting = [...writes];
    const lane = async () => {
      for (let write = waiting.pop(); write; write = waiting.pop()) {
        const { name } = write.method;
        await writer.write(write).catch((error: unknown) => writer.wrong.push(`${name}: ${error}`));
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  const writing = allRpcs.filter((method) => !isReadOnly(method));
  const fields = new Set(writing.flatMap(({ input }) => textFieldsOf(input)));
  const missed = [...fields].filter((field) => !writer.fields.has(field));
  record(context, {
    id: "F2",
    done: `${writer.written} unusual strings written to ${writer.fields.size} fields and read over ${transports.length} transports`,
    seen: `${writer.written - writer.wrong.length} read as written; ${missed.length} string fields not tested`,
    must: "all, 0",
  });
  expect({ wrong: writer.wrong, missed }).toEqual({ wrong: [], missed: [] });
});
