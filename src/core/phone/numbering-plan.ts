import { planChanges } from "./numbering-plan-changes.js";

/** A prefix of E.164 digits that takes the place of another one. The digits behind it stay. */
interface Exchange {
  readonly prefix: string;
  /** Number of digits behind the old prefix. */
  readonly behind: number;
}

/**
 * The number as its country writes it today, if the plan changed since it was written in this form. Otherwise the
 * number itself. Numbers that no plan has any more are in no other use, so this needs no check that they are possible.
 */
export function todaysNumber(number: string): string {
  const [changed] = exchanged(number, toToday);
  return changed ?? number;
}

/**
 * All forms in E.164 under which the line of a number may be stored: the number itself first, then today's, the old and
 * the parallel ones.
 */
export function phoneForms(number: string): readonly string[] {
  const today = todaysNumber(number);
  const others = exchanged(today, toOther);
  return others.length === 0 && today === number ? [number] : [...new Set([number, today, ...others])];
}

function exchanged(number: string, exchanges: ReadonlyMap<string, readonly Exchange[]>): string[] {
  const found: string[] = [];
  if (!changedCountries.has(number.slice(1, shortest))) return found;
  for (let end = shortest; end <= longest; end += 1) {
    for (const { prefix, behind } of exchanges.get(number.slice(1, end)) ?? []) {
      if (number.length === end + behind) found.push(`+${prefix}${number.slice(end)}`);
    }
  }
  return found;
}

const toToday = new Map<string, Exchange[]>();
const toOther = new Map<string, Exchange[]>();

for (const { prefixes, dialed = [], parallel = false } of planChanges) {
  for (const [old, today, behind] of prefixes) {
    add(toOther, today, { prefix: old, behind });
    if (parallel) add(toOther, old, { prefix: today, behind });
    else add(toToday, old, { prefix: today, behind });
  }
  for (const [old, today, behind] of dialed) add(toToday, old, { prefix: today, behind });
}

const lengths = [...toToday.keys(), ...toOther.keys()].map((prefix) => prefix.length + 1);
const shortest = Math.min(...lengths);
const longest = Math.max(...lengths);
/** The first digits of all prefixes. Most numbers have others. */
const changedCountries = new Set([...toToday.keys(), ...toOther.keys()].map((prefix) => prefix.slice(0, shortest - 1)));

function add(exchanges: Map<string, Exchange[]>, prefix: string, exchange: Exchange) {
  exchanges.set(prefix, [...(exchanges.get(prefix) ?? []), exchange]);
}
