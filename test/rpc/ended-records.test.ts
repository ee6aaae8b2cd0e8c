import type { Message } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { coverageFaults } from "../resources/method.js";
import { creates, endingsByName, idIn, jsonOf } from "../suites/ended-records.js";
import { endless, otherEndings } from "../suites/record-endings.js";
import { ableKey } from "../support/able-key.js";
import type { Answer } from "../support/answer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const endings = [...creates.flatMap(endingsByName), ...otherEndings];
let calls = 0;

it("every create of the contract is repeated after an end of what it made", () => {
  const covered = [...new Set([...endings.map(({ method }) => method), ...endless])];
  expect(coverageFaults(creates, covered)).toEqual([]);
  expect(coverageFaults(creates, covered.slice(1))).toHaveLength(1);
});

describe.each(endings.map((one) => [one.method.name, one.name, one] as const))(
  "a repeated %s after %s",
  (_, __, { method, request: make, end, shows }) => {
    it("tells what was made and what became of it", async () => {
      const request = await make(server);
      calls += 1;
      const options = { key: ableKey(method), headers: { "idempotency-key": `ended-${calls}` } };
      const send = (): Promise<Answer<Message>> => server.call(method, request, options);
      const first = await send();
      if (!first.ok) throw new Error(`${first.reason}: ${first.text}`);
      const made = { request, response: first.message };
      await end(server, made);
      const again = await send();
      const shown = shows(made);
      if (typeof shown === "string") {
        expect(again).toMatchObject({ ok: false, code: "FAILED_PRECONDITION", reason: shown });
        return;
      }
      if (!again.ok) throw new Error(`${again.code} ${again.reason}: ${again.text}`);
      expect(again.headers["idempotency-replayed"]).toBe("true");
      expect(idIn(method.output, again.message)).toBe(idIn(method.output, first.message));
      expect(jsonOf(method.output, again.message)).toMatchObject(shown);
    });
  },
);
