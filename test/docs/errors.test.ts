import { expect, it } from "vitest";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { codeOf, httpStatusOf, reasonCodes, retryDelayMsOf } from "../../src/server/pipeline/error-table.js";
import { readContract } from "./contract.js";
import { documentedErrors, errorTables } from "./error-tables.js";

type Reason = keyof typeof reasonCodes;

function isReason(name: string): name is Reason {
  return Object.hasOwn(reasonCodes, name);
}

function reasonNamed(name: string): Reason {
  if (!isReason(name)) throw new Error(`The server has no error reason ${name}.`);
  return name;
}

/** REST statuses that do not follow from the code, and therefore have to be documented. */
const ownStatuses = [404, 405, 413, 415];

it("documents every error reason with the code, status and details that the server sends", async () => {
  const errors = documentedErrors(await readContract());
  expect(errors.map(({ reason }) => reason).sort()).toEqual(Object.keys(reasonCodes).sort());
  for (const { reason: name, code, httpStatus, details } of errors) {
    const reason = reasonNamed(name);
    expect(code, name).toBe(Code[codeOf(reason)]);
    const status = httpStatusOf(reason);
    if (httpStatus !== undefined) expect(httpStatus, name).toBe(status);
    if (ownStatuses.includes(status) && codeOf(reason) !== Code.NOT_FOUND) expect(httpStatus, name).toBe(status);
    // A rate limit has no usual delay: each refusal computes its own.
    const canRetry = retryDelayMsOf(reason) !== undefined || reason === "RATE_LIMITED";
    expect(details === "RetryInfo", name).toBe(canRetry);
  }
});

it("docs/errors.md contains the error and violation reasons of the contract (npm run docs writes it)", async () => {
  const page = errorTables(await readContract(), (reason) => httpStatusOf(reasonNamed(reason)));
  await expect(page).toMatchFileSnapshot("../../docs/errors.md");
});
