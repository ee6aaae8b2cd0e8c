import { create, type DescMethodUnary, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code } from "../../src/gen/proto/google/rpc/code_pb.js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  LeadService,
  ListLeadsResponseSchema,
} from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import type { CallOptions, ClientLibrary, ServerAddress, Told, TriedClient } from "./tried-client.js";

/** What each step sees with a client that gets its answers. steps.py and steps.go do the same. */
export const expectedSteps = {
  create: "OK",
  repeat: "the same customer, replayed",
  "page walk": "every lead once",
  "error details": "INVALID_ARGUMENT, INVALID_REQUEST, 2 violations",
  deadline: "DEADLINE_EXCEEDED in time",
  cancel: "CANCELLED, then OK",
  retry: "refused, then 3 of 3",
  "too large": "RESOURCE_EXHAUSTED, then OK",
} as const;

export type StepName = keyof typeof expectedSteps;
export type Steps = Readonly<Record<StepName, string>>;

/** What the server holds for the steps. */
export interface Prepared extends ServerAddress {
  readonly key: string;
  /** Has no other use, so that its rate limit is not used up. */
  readonly retryKey: string;
  readonly companyId: string;
  readonly businessId: string;
  /** A customer whose row is locked: changes wait until their time is over. */
  readonly heldCustomerId: string;
  /** How many calls a key may send at once. */
  readonly burst: number;
}

const deadlineMs = 400;

/** Runs the steps with one client library. Needs nothing of Node, since a browser runs them as well. */
export async function runSteps(library: ClientLibrary, prepared: Prepared): Promise<Steps> {
  const client = library.open(prepared, false);
  const { companyId, businessId, heldCustomerId } = prepared;
  const caller = callerOf(client, prepared.key);
  const { getCustomer, createCustomer, updateCustomer } = CustomerService.method;

  async function tryIt(step: () => Promise<string>): Promise<string> {
    try {
      return await step();
    } catch (error) {
      return String(error);
    }
  }

  const fields = {
    companyId,
    preferredBusinessId: businessId,
    firstName: "Cara",
    lastName: "Lee",
    phone: "+12125550147",
  };
  const once = { headers: { "idempotency-key": `steps-${Math.random()}` } };
  const held = { id: heldCustomerId, companyId, firstName: "Waiting" };
  let customerId = "";
  try {
    return {
      create: await tryIt(async () => {
        const told = await caller(createCustomer, fields, once);
        customerId = customerIdOf(told);
        return codeOf(told);
      }),
      repeat: await tryIt(async () => {
        const told = await caller(createCustomer, fields, once);
        const isReplayed = told.headers["idempotency-replayed"] === "true";
        const isSame = customerId !== "" && customerIdOf(told) === customerId;
        return `${isSame ? "the same" : "another"} customer, ${isReplayed ? "replayed" : "not replayed"}`;
      }),
      "page walk": await tryIt(async () => {
        const whole = await leadsOf(caller, companyId, 100);
        const walked = await leadsOf(caller, companyId, 1);
        const isWhole = whole.length > 2 && walked.join() === whole.join();
        return isWhole ? "every lead once" : `${walked.length} leads of ${whole.length}`;
      }),
      "error details": await tryIt(async () => {
        const told = await caller(createCustomer, { ...fields, lastName: "", phone: "12" }, {});
        const reason = detailsOf(told, ErrorInfoSchema)[0]?.reason;
        const violations = detailsOf(told, BadRequestSchema)[0]?.fieldViolations.length ?? 0;
        return `${codeOf(told)}, ${reason}, ${violations} violations`;
      }),
      deadline: await tryIt(async () => {
        const started = performance.now();
        const told = await caller(updateCustomer, held, { timeoutMs: deadlineMs });
        const tookMs = performance.now() - started;
        const isInTime = tookMs > deadlineMs / 2 && tookMs < deadlineMs * 10;
        return `${codeOf(told)} ${isInTime ? "in time" : `after ${Math.round(tookMs)} ms`}`;
      }),
      cancel: await tryIt(async () => {
        const stop = new AbortController();
        setTimeout(() => stop.abort(), 200);
        const told = await caller(updateCustomer, held, { signal: stop.signal });
        return `${codeOf(told)}, then ${codeOf(await caller(getCustomer, { id: customerId }, {}))}`;
      }),
      retry: await tryIt(() => retried(library, prepared, customerId)),
      "too large": await tryIt(async () => {
        const told = await caller(createCustomer, { ...fields, firstName: "x".repeat(4_500_000) }, {});
        return `${codeOf(told)}, then ${codeOf(await caller(getCustomer, { id: customerId }, {}))}`;
      }),
    };
  } finally {
    client.close();
  }
}

type Caller = <M extends DescMethodUnary>(
  method: M,
  request: MessageInitShape<M["input"]>,
  options: Partial<CallOptions>,
) => Promise<Told>;

function callerOf(client: TriedClient, key: string): Caller {
  return (method, request, options) =>
    client.call(method, toBinary(method.input, create(method.input, request)), {
      ...options,
      headers: { authorization: `Bearer ${key}`, ...options.headers },
    });
}

async function leadsOf(caller: Caller, companyId: string, pageSize: number): Promise<readonly string[]> {
  const ids: string[] = [];
  let pageToken = "";
  do {
    const told = await caller(LeadService.method.listLeads, { companyId, pagination: { pageSize, pageToken } }, {});
    if (!told.message) throw new Error(codeOf(told));
    const page = fromBinary(ListLeadsResponseSchema, told.message);
    ids.push(...page.leads.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return ids;
}

/** Uses up the rate limit of a key, and then calls until it is served: by the policy of the client, or by RetryInfo. */
async function retried(library: ClientLibrary, prepared: Prepared, id: string): Promise<string> {
  const client = library.open(prepared, false);
  const retrying = library.open(prepared, library.hasRetries);
  const { getCustomer } = CustomerService.method;
  try {
    const fast = callerOf(client, prepared.retryKey);
    const called = Array.from({ length: prepared.burst }, () => fast(getCustomer, { id }, {}));
    // The limit comes back while a slow machine calls.
    let told = await Promise.all(called);
    while (told.every(({ code }) => code === Code.OK)) told = await Promise.all([fast(getCustomer, { id }, {})]);
    const refused = told.filter(({ code }) => code === Code.RESOURCE_EXHAUSTED).length;
    const call = () => callerOf(retrying, prepared.retryKey)(getCustomer, { id }, {});
    const last = await Promise.all(
      Array.from({ length: 3 }, async () => {
        let told = await call();
        for (let attempt = 1; !library.hasRetries && attempt < 5 && told.code !== Code.OK; attempt += 1) {
          await new Promise((resolve) => setTimeout(resolve, retryDelayMsOf(told)));
          told = await call();
        }
        return told;
      }),
    );
    return `${refused > 0 ? "refused" : "not refused"}, then ${last.filter(({ code }) => code === Code.OK).length} of 3`;
  } finally {
    client.close();
    retrying.close();
  }
}

function retryDelayMsOf(told: Told): number {
  const [info] = detailsOf(told, RetryInfoSchema);
  if (!info?.retryDelay) throw new Error(`${codeOf(told)} without RetryInfo`);
  return Number(info.retryDelay.seconds) * 1_000 + info.retryDelay.nanos / 1_000_000;
}

type DetailSchema = typeof ErrorInfoSchema | typeof BadRequestSchema | typeof RetryInfoSchema;

function detailsOf<S extends DetailSchema>(told: Told, schema: S) {
  const found = (told.details ?? []).filter(({ type }) => type === schema.typeName);
  return found.map(({ value }) => fromBinary(schema, value));
}

function customerIdOf(told: Told): string {
  return told.message ? fromBinary(CustomerSchema, told.message).id : "";
}

function codeOf({ code }: Told): string {
  return Code[code] ?? String(code);
}
