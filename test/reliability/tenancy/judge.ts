import { type Mutant, type Predicate, predicatesOf } from "./mutants.js";
import type { PageReader } from "./predicates-page.js";
import type { Statements } from "./statements.js";
import { areHandedAlike, type Trace } from "./traces.js";

/** What each call does. */
export type Traces<Call> = ReadonlyMap<Call, Trace>;

/** A predicate with the calls that send its statement. */
export interface Known<Call> {
  readonly predicate: Predicate;
  readonly calls: readonly Call[];
}

/** How far the lack of a predicate reaches: to the caller or what is stored, to the service only, or nowhere. */
type Reach = "shown" | "handed" | "none";

/** What became of a predicate. */
export interface Judged<Call> extends Known<Call> {
  readonly reach: Reach;
  /** Those without which the lack of this one shows; nothing when there are none, or it shows by itself. */
  readonly boundBy: readonly Predicate[];
}

/** Compares what a call does with what it did before. */
export type Compare = (trace: Trace, before: Trace | undefined, text: string) => Reach;

interface Judge<Call> {
  /** How far the lack of the predicate reaches by itself. */
  reachOf(one: Known<Call>): Promise<Reach>;
  judge(known: readonly Known<Call>[]): Promise<readonly Judged<Call>[]>;
}

interface JudgeOptions<Call> {
  readonly statements: Pick<Statements, "mutate">;
  /** Makes a call, undoes what it writes, and tells what it did. */
  traceOf(call: Call): Promise<Trace>;
  /** What the calls do with every predicate in its place. */
  readonly reference: Traces<Call>;
  readonly compare?: Compare;
  /** Whether the call can go otherwise than in the reference: unless told otherwise, each can. */
  mayDiffer?(mutant: Mutant, call: Call): Promise<boolean>;
  /**
   * What was found before. A predicate without effect is then not judged with each other one of its statement: what covered
   * it before is tried first, be it one other or all others, and what nothing covered is not tried again.
   */
  readonly before?: PageReader;
}

/** Every predicate of every statement that the calls send. */
export function predicatesIn<Call>(reference: Traces<Call>): readonly Known<Call>[] {
  const found = new Map<string, { readonly predicate: Predicate; readonly calls: Call[] }>();
  for (const [call, { named }] of reference) {
    for (const predicate of [...named].flatMap(([text, name]) => predicatesOf(text, name))) {
      const id = `${predicate.text} ${predicate.place}`;
      const one = found.get(id) ?? { predicate, calls: [] };
      if (!one.calls.includes(call)) one.calls.push(call);
      found.set(id, one);
    }
  }
  return [...found.values()];
}

/** Faults against the rules of T1, other answers, other rows written: all that somebody outside can see. */
export const compareAll: Compare = (trace, before, text) => {
  if (trace.shown !== before?.shown || trace.faults.join() !== before.faults.join()) return "shown";
  return areHandedAlike(trace, before, text) ? "none" : "handed";
};

export async function tracesOf<Call>(
  traceOf: JudgeOptions<Call>["traceOf"],
  calls: readonly Call[],
): Promise<Traces<Call>> {
  const traces = new Map<Call, Trace>();
  for (const call of calls) traces.set(call, await traceOf(call));
  return traces;
}

export function createJudge<Call>(options: JudgeOptions<Call>): Judge<Call> {
  const { statements, traceOf, reference, compare = compareAll, mayDiffer = always, before } = options;
  /** How often the lack of something has shown in the call. */
  const shows = new Map<Call, number>();
  const oftenFirst = (calls: readonly Call[]) =>
    calls.toSorted((one, other) => (shows.get(other) ?? 0) - (shows.get(one) ?? 0));
  const inBase = createBase(reference, traceWithout);

  async function traceWithout(mutant: Mutant, call: Call): Promise<Trace> {
    statements.mutate(mutant);
    try {
      return await traceOf(call);
    } finally {
      statements.mutate(undefined);
    }
  }

  /**
   * Whether a difference to what the call does without `base` shows again: what it answers there can depend on the order in
   * which PostgreSQL happens to find rows of both companies.
   */
  async function isSteady(
    { mutant, base, call }: { readonly mutant: Mutant; readonly base: readonly number[]; readonly call: Call },
    expected: Trace | undefined,
  ): Promise<boolean> {
    const { text } = mutant;
    for (let round = 0; round < 2; round += 1) {
      if (compare(await traceWithout({ text, without: base }, call), expected, text) === "shown") return false;
      if (compare(await traceWithout(mutant, call), expected, text) !== "shown") return false;
    }
    return true;
  }

  /** How far the lack of `mutant` reaches, compared with what calls do while the statement lacks `base`. */
  async function reachOf(mutant: Mutant, calls: readonly Call[], base: readonly number[] = []): Promise<Reach> {
    const { text } = mutant;
    let reach: Reach = "none";
    for (const call of oftenFirst(calls)) {
      if (base.length === 0 && !(await mayDiffer(mutant, call))) continue;
      const expected = await inBase({ text, without: base }, call);
      const trace = await traceWithout(mutant, call);
      let seen = compare(trace, expected, text);
      if (seen === "shown" && base.length > 0 && !(await isSteady({ mutant, base, call }, expected))) seen = "none";
      if (seen === "shown") {
        shows.set(call, (shows.get(call) ?? 0) + 1);
        return seen;
      }
      if (seen === "handed") reach = seen;
    }
    return reach;
  }

  /** The fewest that bind what the predicate binds: one other, or else all others. */
  async function boundBy(
    one: Known<Call>,
    siblings: readonly (Known<Call> & { readonly reach: Reach })[],
  ): Promise<readonly Predicate[]> {
    const { text, place } = one.predicate;
    const others = siblings.map(({ predicate }) => predicate).filter((other) => other.place !== place);
    // What shows by itself shows with this one, too: there the question is whether this one makes a difference to it.
    const isQuiet = (other: Predicate) =>
      siblings.some(({ predicate, reach }) => predicate === other && reach !== "shown");
    const rankOf = (other: Predicate) => (before?.saysCovered(one.predicate, other) ? 2 : Number(isQuiet(other)));
    const single = others.toSorted((a, b) => rankOf(b) - rankOf(a)).map((other) => [other]);
    const together = others.length > 1 ? [others] : [];
    const isByNoneAlone = before?.saysCoveredTogether(one.predicate, others) ?? false;
    for (const missing of isByNoneAlone ? [...together, ...single] : [...single, ...together]) {
      const without = missing.map((other) => other.place);
      const base = missing.every(isQuiet) && missing.length === 1 ? [] : without;
      const both = { text, without: [...without, place].toSorted((a, b) => a - b) };
      if ((await reachOf(both, one.calls, base)) === "shown") return missing;
    }
    return [];
  }

  const reachAlone = ({ predicate: { text, place }, calls: users }: Known<Call>) =>
    reachOf({ text, without: [place] }, users);
  return {
    reachOf: reachAlone,
    async judge(known) {
      const alone = [];
      for (const one of known) alone.push({ ...one, reach: await reachAlone(one) });
      const judged: Judged<Call>[] = [];
      for (const one of alone) {
        const siblings = alone.filter(({ predicate }) => predicate.text === one.predicate.text);
        const isOpen = one.reach === "none" && !before?.saysHarmless(one.predicate);
        judged.push({ ...one, boundBy: isOpen ? await boundBy(one, siblings) : [] });
      }
      return judged;
    },
  };
}

const always = async () => true;

/** What calls do without some predicates, each once; those of the last statement are remembered. */
function createBase<Call>(reference: Traces<Call>, traceWithout: (mutant: Mutant, call: Call) => Promise<Trace>) {
  let last: { readonly text: string; readonly traces: Map<string, Map<Call, Trace>> } | undefined;
  return async (base: Mutant, call: Call): Promise<Trace | undefined> => {
    if (base.without.length === 0) return reference.get(call);
    if (last?.text !== base.text) last = { text: base.text, traces: new Map() };
    const places = base.without.join();
    const traces = last.traces.get(places) ?? new Map<Call, Trace>();
    last.traces.set(places, traces);
    const trace = traces.get(call) ?? (await traceWithout(base, call));
    traces.set(call, trace);
    return trace;
  };
}
