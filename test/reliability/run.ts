import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { TestContext } from "vitest";
import { seed } from "../support/seed.js";

/** Whether the large figures are run: `npm run test:long` sets `FAULTS=long`. */
export const isLong = process.env["FAULTS"] === "long";

/** The count for the short run, which CI makes, or for the long one. */
export function times({ short, long }: { readonly short: number; readonly long: number }): number {
  return isLong ? long : short;
}

/** Numbers that the seed decides; every test has its own row of them by its id, so that tests do not move each other. */
export function randomOf(id: string): Random {
  let start = seed;
  for (const character of id) start = Math.imul(start ^ (character.codePointAt(0) ?? 0), 0x9e3779b1);
  const generator = xoroshiro128plus(start);
  const below = (limit: number) => Math.floor(((generator.next() >>> 0) / 2 ** 32) * limit);
  return {
    below,
    pick(list) {
      const chosen = list[below(list.length)];
      if (chosen === undefined) throw new Error("there is nothing to pick from");
      return chosen;
    },
  };
}

export interface Random {
  /** A whole number from 0 to the limit, without it. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

/** A line of the table in docs/reliability.md. */
export interface Figure {
  /** Id of the test in the table, such as `R1`. */
  readonly id: string;
  /** What was done, with its counts. */
  readonly done: string;
  /** What was seen. */
  readonly seen: string;
  /** What had to hold. */
  readonly must: string;
}

declare module "vitest" {
  interface TaskMeta {
    figures?: Figure[];
    /** The try that the figures are of, from 0. */
    attempt?: number;
  }
}

/** Puts a figure into the table of the run. Record before asserting, so that a miss shows its figure too. */
export function record({ task }: Pick<TestContext, "task">, figure: Figure): void {
  // A second try begins a new list.
  const attempt = task.result?.retryCount ?? 0;
  const earlier = task.meta.attempt === attempt ? (task.meta.figures ?? []) : [];
  Object.assign(task.meta, { attempt, figures: [...earlier, figure] });
}
