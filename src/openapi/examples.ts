import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { rootFolder } from "../root-folder.js";

/** The examples of the document. `npm run docs` writes them from what the tests send, and test/openapi verifies them. */
export interface Examples {
  /** By name of the rpc, `moego.business.customer.v1.CustomerService/GetCustomer`. */
  readonly rpcs: Readonly<Record<string, Example | undefined>>;
  /** Errors in REST, by reason. */
  readonly errors: Readonly<Record<string, JsonObject | undefined>>;
}

export interface Example {
  /** The request message, with the members that a path or query has. */
  readonly request: JsonObject;
  /** The body of the response. */
  readonly response: JsonObject;
}

export const examplesFile = join(rootFolder, "src", "openapi", "examples.json");

export function readExamples(): Examples {
  return JSON.parse(readFileSync(examplesFile, "utf8"));
}
