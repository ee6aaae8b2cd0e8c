import { writeFile } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { record } from "./run.js";
import { classOf, type Judged, judgedPage } from "./tenancy/equivalent-mutants.js";
import { type Mutant, mutantsOf } from "./tenancy/mutants.js";
import { copyToNeighbour, putNeighbourFirst } from "./tenancy/neighbour.js";
import { plantForPredicates } from "./tenancy/predicate-cells.js";
import { interceptStatements, tellWrites } from "./tenancy/statements.js";
import { type Trace, tracesOf } from "./tenancy/traces.js";
import { openWorld, type Rpc } from "./tenancy/world.js";

const statements = interceptStatements();
const world = await openWorld();
// The neighbour has acted, and used up what its requests named.
await copyToNeighbour(world.server.database.owner);
await putNeighbourFirst(world.server.database.owner);
await plantForPredicates(world.server.database.owner);
await tellWrites(world.server.database.owner);
afterAll(async () => {
  statements.restore();
  await world.server.stop();
});

/** Its written rows were seen to differ at the end of a run, and nobody knows yet why: its faults alone count. */
const drifting = "moego.admin.v1.DirectoryAdminService/CreateCompany";

/** Open to platform keys alone, which may see every company. */
const seesAll = ["ListAllCompanies"];
const usable = world.rpcs.filter(({ method }) => !seesAll.includes(method.name));
const references = new Map<Rpc, readonly Trace[]>();

interface Known {
  readonly mutant: Mutant;
  /** Those whose calls send the statement. */
  readonly rpcs: readonly Rpc[];
}

async function allTraces(rpc: Rpc): Promise<readonly Trace[]> {
  const traces: Trace[] = [];
  for await (const trace of tracesOf(world, rpc, statements)) traces.push(trace);
  return traces;
}

/** Every predicate of every statement that the calls send; no call may be at fault before anything is removed. */
async function knownMutants(): Promise<readonly Known[]> {
  const found = new Map<string, Known>();
  for (const rpc of usable) {
    const traces = await allTraces(rpc);
    expect(traces.flatMap(({ cell, faults }) => faults.map((fault) => `${rpc.name} ${cell}: ${fault}`))).toEqual([]);
    references.set(rpc, traces);
    for (const { named } of traces) {
      for (const [text, name] of named) {
        for (const mutant of mutantsOf(text, name)) {
          const id = `${mutant.text} ${mutant.place}`;
          const users = found.get(id)?.rpcs ?? [];
          found.set(id, { mutant, rpcs: users.includes(rpc) ? users : [...users, rpc] });
        }
      }
    }
  }
  return [...found.values()];
}

/** Calls that do another thing the second time although nothing was removed; of those the faults alone count. */
async function unsteadyTraces(): Promise<ReadonlySet<string>> {
  const found = new Set<string>([`${drifting} own shown`]);
  for (const rpc of usable) {
    const before = references.get(rpc) ?? [];
    for (const [place, { cell, shown, handed }] of (await allTraces(rpc)).entries()) {
      const reference = before[place];
      if (shown !== reference?.shown) found.add(`${rpc.name} ${cell} shown`);
      for (const [text, rows] of handed)
        if (rows !== reference?.handed.get(text)) found.add(`${rpc.name} ${cell} ${text}`);
    }
  }
  return found;
}

/** Steady calls that answer or write other things than they did before. */
async function changedSince(unsteady: ReadonlySet<string>): Promise<readonly string[]> {
  const found = [...(await unsteadyTraces())].filter((one) => one.endsWith(" shown") && !unsteady.has(one));
  return found.filter((one) => !one.startsWith(drifting));
}

/** How far the lack of the predicate reaches: to the caller or what is stored, to the service only, or nowhere. */
async function reachOf({ mutant, rpcs }: Known, unsteady: ReadonlySet<string>): Promise<"shown" | "handed" | "none"> {
  statements.mutate(mutant);
  let reach: "handed" | "none" = "none";
  try {
    for (const rpc of rpcs) {
      let place = 0;
      for await (const trace of tracesOf(world, rpc, statements)) {
        const reference = references.get(rpc)?.[place++];
        if (trace.faults.length > 0) return "shown";
        const isSteady = (what: string) => !unsteady.has(`${rpc.name} ${trace.cell} ${what}`);
        if (trace.shown !== reference?.shown && isSteady("shown")) return "shown";
        if (trace.handed.get(mutant.text) !== reference?.handed.get(mutant.text) && isSteady(mutant.text))
          reach = "handed";
      }
    }
    return reach;
  } finally {
    statements.mutate(undefined);
  }
}

it("T3: without any one tenant predicate the matrix finds a leak or another answer", async (context) => {
  const known = await knownMutants();
  const unsteady = await unsteadyTraces();
  const judged: Judged[] = [];
  for (const one of known) {
    const reach = await reachOf(one, unsteady);
    const whole =
      reach === "none" ? await reachOf({ ...one, mutant: { ...one.mutant, place: "all" } }, unsteady) : reach;
    const rpcs = one.rpcs.map(({ method }) => method.name);
    judged.push({ mutant: one.mutant, rpcs, judgement: classOf({ mutant: one.mutant, reach, whole }) });
  }
  const count = (judgement: Judged["judgement"]) => judged.filter((one) => one.judgement === judgement).length;
  const missed = judged.filter(({ judgement }) => judgement === "missed");
  record(context, {
    id: "T3",
    done: `${known.length} tenant predicates in ${new Set(known.map(({ mutant }) => mutant.text)).size} statements removed one at a time`,
    seen: `${count("caught")} caught by answers and stored rows, ${count("handed")} by rows handed to the service, which drops them; ${count("bound")} bound by another predicate of the statement, ${count("empty")} in statements that match nothing, ${count("listed")} listed as harmless, ${count("not yet judged")} not caught and not yet judged, ${missed.length} missed`,
    must: "0 missed beside those listed",
  });
  await writeFile(new URL("tenancy-predicates.md", import.meta.url), judgedPage(judged));
  // Nothing that was tried has changed what the calls do. What it had changed would show again; what is gone the next
  // time was of the moment.
  const again = [await changedSince(unsteady), await changedSince(unsteady)];
  const changed = again[0]?.filter((one) => again[1]?.includes(one));
  expect(changed).toEqual([]);
  expect(missed.map(({ mutant, rpcs }) => `${mutant.statement}: ${mutant.predicate} ${rpcs}`)).toEqual([]);
});
