import {
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import type { Answer } from "../support/answer.js";
import { wholeAnswer } from "../support/clients.js";
import type { TestServer } from "../support/server.js";
import type { Command, Plan } from "./command.js";
import type { Company } from "./companies.js";
import type { Spoil } from "./find-difference.js";
import { differences } from "./learned.js";
import { type Outcome, type Pages, pagesOf, refusal, sorted } from "./outcome.js";
import { storedDifferences } from "./stored-state.js";
import type { Exchange } from "./transcript.js";
import type { World } from "./world.js";

export interface Sequence {
  readonly server: TestServer;
  readonly company: Company;
  readonly world: World;
  readonly commands: readonly Command[];
  /** Gets every call that is made. */
  readonly exchanges: Exchange[];
  /** A fault of the service that is only pretended. */
  readonly spoil?: Spoil;
  /** Hears of every call whose answer was compared. */
  heard?(rpc: string, kind: Outcome["kind"]): void;
}

/** Sends the commands one after the other and compares each answer with the model's. Returns the first differences. */
export async function runSequence(sequence: Sequence): Promise<string[]> {
  const { server, company, world, commands, spoil, heard, exchanges } = sequence;
  const keyed: Plan[] = [];
  const claims = new Map<string, Plan>();
  for (const [at, one] of commands.entries()) {
    const plan = one.plan(world, keyed);
    const found = await runCommand({
      server,
      company,
      claims,
      plan,
      spoil: spoil ?? ((_, json) => json),
      heard: heard ?? (() => {}),
      exchanges,
    });
    if (found.length > 0) return [`command ${at}, ${plan.method.name}:`, ...found];
    if (plan.idempotencyKey !== undefined && plan.again) keyed.push(plan);
  }
  return storedDifferences({ server, company, world });
}

interface CommandRun {
  readonly server: TestServer;
  readonly company: Company;
  /** Successful calls by key, rpc and idempotency key. */
  readonly claims: Map<string, Plan>;
  readonly plan: Plan;
  readonly spoil: Spoil;
  heard(rpc: string, kind: Outcome["kind"]): void;
  readonly exchanges: Exchange[];
}

async function runCommand(run: CommandRun): Promise<string[]> {
  const { server, company, claims, plan, spoil } = run;
  const { method, by, idempotencyKey } = plan;
  const claim = `${by} ${method.name} ${idempotencyKey}`;
  const earlier = idempotencyKey === undefined ? undefined : claims.get(claim);
  const { outcome, isReplay } = modelled(plan, earlier);
  run.heard(method.name, outcome.kind);
  if (outcome.kind === "pages") return walkPages(run, outcome.pages);
  const actual = await send(run, plan.request);
  if (outcome.kind === "answer" && idempotencyKey !== undefined && plan.again && !isReplay) claims.set(claim, plan);
  const found = compare({ method, outcome, isReplay, actual, spoil });
  if (found.length > 0 || outcome.kind === "refusal" || isReplay || !plan.readBack) return found;
  const { method: reading, request, message } = plan.readBack();
  const seen = await server.call(reading, fromJson(reading.input, request), { key: company.keys.company });
  run.exchanges.push({ method: reading, request, how: { by: "company", transport: "grpc" }, answer: seen });
  return compare({ method: reading, outcome: { kind: "answer", message }, isReplay: false, actual: seen, spoil });
}

async function send({ server, company, plan, exchanges }: CommandRun, request: JsonObject): Promise<Answer<Message>> {
  const { method, by, transport, idempotencyKey } = plan;
  const headers = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
  const options = { key: company.keys[by], headers };
  // Over REST as JSON, since a message has no members that are false.
  const answer =
    transport === "rest"
      ? messageOf(method, await server.callJson(method, withoutEmpty(method.input, request), { ...options, transport }))
      : await server.call(method, fromJson(method.input, request), { ...options, transport });
  exchanges.push({ method, request, how: plan, answer });
  return answer;
}

/**
 * The commands mean nothing by an empty text, list or map, which would clear the field in JSON, except of fields that are
 * `optional` in the contract: those are cleared on every transport.
 */
function withoutEmpty(schema: DescMessage, request: JsonObject): JsonObject {
  const sent: JsonObject = {};
  for (const [name, value] of Object.entries(request)) {
    const field = schema.fields.find(({ jsonName }) => jsonName === name);
    const isOptional = field?.fieldKind === "scalar" && field.presence === FeatureSet_FieldPresence.EXPLICIT;
    if ((value === "" && !isOptional) || (Array.isArray(value) && value.length === 0)) continue;
    const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
    if (field?.fieldKind === "map" && isNested && Object.keys(value).length === 0) continue;
    sent[name] =
      name === "lead" && field?.fieldKind === "message" && isNested ? withoutEmpty(field.message, value) : value;
  }
  return sent;
}

function messageOf(method: DescMethodUnary, answer: Answer<JsonObject>): Answer<Message> {
  return answer.ok ? { ...answer, message: fromJson(method.output, wholeAnswer(method, answer.message)) } : answer;
}

async function walkPages(run: CommandRun, pages: Pages): Promise<string[]> {
  const { plan, spoil } = run;
  let pageToken: JsonObject = {};
  for (const message of pagesOf(pages)) {
    const actual = await send(run, { ...plan.request, pagination: { pageSize: pages.size, ...pageToken } });
    const found = compare({
      method: plan.method,
      outcome: { kind: "answer", message },
      isReplay: false,
      actual,
      spoil,
    });
    if (found.length > 0) return found;
    if (actual.ok) pageToken = pick(toJson(plan.method.output, actual.message), "nextPageToken");
  }
  return [];
}

function pick(json: JsonValue, member: "nextPageToken"): JsonObject {
  const token = typeof json === "object" && json !== null && !Array.isArray(json) ? json[member] : undefined;
  return token === undefined ? {} : { pageToken: token };
}

function modelled(plan: Plan, earlier: Plan | undefined): { readonly outcome: Outcome; readonly isReplay: boolean } {
  const refused = plan.check();
  const isReused = earlier?.again && !isSameRequest(earlier, plan);
  const isAbsent = refused?.kind === "refusal" && refused.refusal.code === "NOT_FOUND";
  if (refused && !(isReused && isAbsent && plan.looksForKeyFirst)) return { outcome: refused, isReplay: false };
  if (isReused) {
    const violation = { field: "idempotency-key", reason: "CONFLICT" };
    return { outcome: refusal("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED", [violation]), isReplay: false };
  }
  return earlier?.again ? { outcome: earlier.again(), isReplay: true } : { outcome: plan.run(), isReplay: false };
}

function isSameRequest(a: Plan, b: Plan): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

/** The message as the server reads it: what is written in two ways is one request. */
function canonical({ method, request }: Plan): JsonValue {
  return toJson(method.input, fromJson(method.input, request));
}

type Single = Exclude<Outcome, { readonly kind: "pages" }>;

interface Comparison {
  readonly method: DescMethodUnary;
  readonly outcome: Single;
  readonly isReplay: boolean;
  readonly actual: Answer<Message>;
  readonly spoil: Spoil;
}

function compare({ method, outcome, isReplay, actual, spoil }: Comparison): string[] {
  if (!actual.ok) {
    const { code, reason, violations } = actual;
    const refused = { code, reason, violations: sorted(violations) };
    if (outcome.kind === "refusal") return differences(outcome.refusal, refused);
    return [`expected success, got ${JSON.stringify(refused)} "${actual.text}"`];
  }
  const text = JSON.stringify(toJson(method.output, actual.message, { alwaysEmitImplicit: true }));
  const json: unknown = JSON.parse(spoil(method.name, text), withoutDuplicates);
  if (outcome.kind === "refusal") return [`expected ${JSON.stringify(outcome.refusal)}, got ${JSON.stringify(json)}`];
  const replayed = actual.headers["idempotency-replayed"] === "true";
  const marked = replayed === isReplay ? [] : [`expected idempotency-replayed ${isReplay}, got ${replayed}`];
  return [...marked, ...differences(outcome.message, json)];
}

/** The sequences use a few numbers again and again. test/rpc/possible-duplicates.test.ts checks what is named. */
function withoutDuplicates(member: string, value: unknown): unknown {
  return member === "possibleDuplicates" ? undefined : value;
}
