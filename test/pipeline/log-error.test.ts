import { Writable } from "node:stream";
import { create } from "@bufbuild/protobuf";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { Prisma } from "../../src/gen/prisma/client.js";
import {
  CustomerService,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createLogger } from "../../src/server/logger.js";
import type { Call } from "../../src/server/pipeline/call.js";
import { observe } from "../../src/server/pipeline/observe.js";

const getCustomer: Call<unknown> = {
  method: CustomerService.method.getCustomer,
  transport: "rest",
  signal: new AbortController().signal,
  peerAddress: "127.0.0.1",
  header: () => undefined,
  setHeader: () => {},
  decode: () => ({ message: create(GetCustomerRequestSchema) }),
  encode: (message) => message,
};
const planted = "Anna Planted, +12125550123";

function databaseError(): Error {
  return Object.assign(new pg.DatabaseError(`invalid input: "${planted}\n    at ${planted}"`, 1, "error"), {
    severity: "ERROR",
    code: "23514",
    detail: `Failing row contains (${planted}).`,
    where: `PL/pgSQL ${planted}`,
    internalQuery: `SELECT '${planted}'`,
    constraint: "customers_name_check",
    table: "customers",
    routine: "ExecConstraints",
  });
}

describe.each(["json", "pretty"] as const)("a logged defect in %s", (format) => {
  async function logged(error: Error): Promise<string> {
    const lines: string[] = [];
    const write = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const logger = createLogger({ level: "info", format }, write);
    const observer = {
      ...{ logger, metrics: { observe: () => {}, countFailedAuthentication: () => {} }, now: () => 0 },
      ...{ addressOf: (peer: string) => peer, addressDetail: "off" as const },
    };
    const failed = observe(getCustomer, observer, () => Promise.reject(error));
    await expect(failed).rejects.toMatchObject({ reason: "INTERNAL" });
    return lines.join("");
  }

  it("of PostgreSQL names constraint and place, and quotes no row", async () => {
    const text = await logged(databaseError());
    expect(text).not.toContain("Planted");
    expect(text).toContain("23514");
    expect(text).toContain("log-error.test.ts");
  });

  it("of Prisma quotes no argument", async () => {
    const version = { clientVersion: "7" };
    const validation = new Prisma.PrismaClientValidationError(`Argument name: "${planted}"`, version);
    const request = new Prisma.PrismaClientKnownRequestError(planted, { ...version, code: "P2002", meta: { planted } });
    expect(await logged(validation)).not.toContain("Planted");
    expect(await logged(request)).not.toContain("Planted");
    expect(await logged(request)).toContain("P2002");
  });

  it("quotes none of its causes either", async () => {
    const text = await logged(new Error("the customer was not stored", { cause: databaseError() }));
    expect(text).not.toContain("Planted");
    expect(text).toContain("the customer was not stored");
    expect(text).toContain("23514");
  });
});

it("names constraint, table and routine, and the message of an error of ours", () => {
  const lines: string[] = [];
  const logger = createLogger({ level: "info", format: "json" }, { write: (line) => void lines.push(line) });
  logger.error({ err: new Error("ours", { cause: databaseError() }) }, "failed");
  expect(JSON.parse(lines.join("")).err).toMatchObject({
    type: "Error",
    message: "ours",
    cause: { code: "23514", constraint: "customers_name_check", table: "customers", routine: "ExecConstraints" },
  });
});
