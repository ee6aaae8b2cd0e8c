import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { httpClient } from "../clients.js";
import { companyId, customerId, secret } from "../rows.js";
import { startService } from "../service.js";
import { newCustomer, newPhone } from "./requests.js";

interface Recorded {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Writes the statements that the service sends for each operation to a file, as peer.mjs reads them. */
export async function recordStatements(dataDir: string): Promise<string> {
  const recording = join(dataDir, "statements.jsonl");
  await rm(recording, { force: true });
  const service = await startService(dataDir, {
    isUnbundled: true,
    nodeArguments: ["--import", "./bench/peers/record-statements.mjs"],
    environment: { RECORDED_STATEMENTS: recording },
  });
  const http = httpClient(service.httpUrl, secret);
  const id = customerId(1);
  const phone = newPhone();
  await http.call(`/v1/customers/${id}`).answer;
  await http.call("/v1/customers:list", JSON.stringify({ companyId, pagination: { pageSize: 50 } })).answer;
  const created: unknown = JSON.parse(await http.call("/v1/customers", JSON.stringify(newCustomer(phone))).answer);
  http.close();
  await service.stop();

  const lines = (await readFile(recording, "utf8")).trim().split("\n");
  const statements = lines.map((line): Recorded => JSON.parse(line));
  const named = (start: string) => {
    const found = statements.find(({ name }) => name.startsWith(start));
    if (!found) throw new Error(`The service sent no statement ${start}.`);
    return found;
  };
  const create = named("customer.create");
  const recordAt = create.values.findIndex((value) => typeof value === "string" && value.includes('"first_name"'));
  const file = join(dataDir, "statements.json");
  await writeFile(
    file,
    JSON.stringify({
      get: { ...named("customer.get"), id },
      list: named("customer.list"),
      create: { ...create, phone, recordAt, ids: idsOf(created), record: create.values[recordAt] },
    }),
  );
  return file;
}

/** The ids that the service gave: of the customer, its address and its note. */
function idsOf(created: unknown): readonly string[] {
  return [...JSON.stringify(created).matchAll(/"id":"((?:cus|addr|cxn)_[A-Za-z0-9]+)"/g)].map(([, id = ""]) => id);
}
