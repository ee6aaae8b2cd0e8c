import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { Who } from "./companies.js";
import type { Expected } from "./learned.js";
import { type Outcome, refusal } from "./outcome.js";
import type { World } from "./world.js";

/** One call, and what the model says of it. */
export interface Plan {
  readonly method: DescMethodUnary;
  /** In proto3 JSON. */
  readonly request: JsonObject;
  readonly by: Who;
  readonly transport: "grpc" | "rest";
  readonly idempotencyKey?: string;
  /** Why the call is refused whatever was called before; an idempotency key is looked at only after that. */
  check(): Outcome | undefined;
  /** Whether a record that is not there is no reason before the key is: a replay tells what became of it. */
  readonly looksForKeyFirst?: boolean;
  /** What the call answers, done to the model; called once at most, right before the call. */
  run(): Outcome;
  /** A read that shows what the answer does not show of the change. */
  readBack?(): ReadBack;
  /** What a repetition with the same idempotency key answers, once `run` has answered with success. */
  again?(): Outcome;
}

export interface ReadBack {
  readonly method: DescMethodUnary;
  readonly request: JsonObject;
  readonly message: Expected;
}

/** A command as generated: which call it makes depends on what was made before. */
export interface Command {
  /** @param keyed the calls made so far with an idempotency key */
  plan(world: World, keyed: readonly Plan[]): Plan;
  toString(): string;
}

/** How a call is made, whatever it asks. */
export interface Manner {
  readonly by: Who;
  readonly transport: "grpc" | "rest";
  readonly idempotencyKey?: string;
}

const manner: fc.Arbitrary<Manner> = fc
  .record({
    transport: fc.oneof(
      { weight: 5, arbitrary: fc.constant("grpc" as const) },
      { weight: 1, arbitrary: fc.constant("rest" as const) },
    ),
    by: fc.oneof(
      { weight: 9, arbitrary: fc.constant("company" as const) },
      { weight: 1, arbitrary: fc.constant("location" as const) },
    ),
    key: fc.option(fc.constantFrom("k1", "k2", "k3", "k4"), { nil: undefined, freq: 2 }),
  })
  .map(({ key, ...others }) => (key === undefined ? others : { ...others, idempotencyKey: key }));

export interface CommandDefinition<T> {
  readonly rpc: string;
  readonly input: fc.Arbitrary<T>;
  plan(input: T, world: World, manner: Manner): Omit<Plan, keyof Manner>;
}

export function command<T>({ rpc, input, plan }: CommandDefinition<T>): fc.Arbitrary<Command> {
  return fc.tuple(input, manner).map(([chosen, how]) => ({
    plan: (world) => ({ ...how, ...plan(chosen, world, how) }),
    toString: () => `${rpc} ${told(how)} ${told(chosen)}`,
  }));
}

/** The staff member whom a key acts for. */
export function authorOf(who: Who): string {
  return who === "company" ? "staff_1" : "";
}

/** Whether a key sees what prefers this location. */
export function sees(who: Who, businessId: string): boolean {
  return who === "company" || businessId === "biz_1";
}

/** Decisions 2: permission comes before validation, so a location outside the key is denied before anything is looked at. */
export function deniedLocation(who: Who, businessId: string | undefined): Outcome | undefined {
  const isNamed = businessId !== undefined && /^[A-Za-z0-9_.-]{1,30}$/.test(businessId);
  return isNamed && !sees(who, businessId) ? refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED") : undefined;
}

/** Repeats an earlier call word for word, key and all. Without any, a call that asks for a customer that never was. */
export function retry(otherwise: fc.Arbitrary<Command>): fc.Arbitrary<Command> {
  return fc.tuple(fc.nat(9), otherwise).map(([at, other]) => ({
    plan: (world, keyed) => keyed[at % Math.max(keyed.length, 1)] ?? other.plan(world, keyed),
    toString: () => `Retry of ${at}, or ${other}`,
  }));
}

/** Without what JSON would not say. */
function told(value: unknown): string {
  return fc
    .stringify(value)
    .replaceAll(/__proto__:null,?|,?"\w+":undefined/g, "")
    .replaceAll("{,", "{");
}
