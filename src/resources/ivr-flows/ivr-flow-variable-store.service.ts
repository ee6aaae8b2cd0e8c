import { renderTemplate } from "../../core/text.js";

/** Maximum number of characters of one variable and of all together. Limits how much templates can multiply text. */
const maxValue = 65_536;
const maxTotal = 262_144;

/** The variables have grown too large, so the run cannot continue. */
export class SizeLimitReached extends Error {}

/**
 * The variables of a run. Setting a variable or filling a template throws SizeLimitReached if the result is too large.
 */
export interface FlowMemory {
  get(name: string): string;
  put(name: string, value: string): void;
  /** Removes the outputs of a node before it runs again. */
  forget(nodeId: string): void;
  filled(template: string): string;
  entries(): Readonly<Record<string, string>>;
}

export function createFlowVariables(inputs: ReadonlyMap<string, string>): FlowMemory {
  const values = new Map(inputs);
  let total = [...values.values()].reduce((sum, { length }) => sum + length, 0);
  const bounded = (value: string) => {
    if (value.length > maxValue) throw new SizeLimitReached();
    return value;
  };
  return {
    get: (name) => values.get(name) ?? "",
    put(name, value) {
      const grown = total + bounded(value).length - (values.get(name) ?? "").length;
      if (grown > maxTotal) throw new SizeLimitReached();
      total = grown;
      values.set(name, value);
    },
    forget(nodeId) {
      for (const [name, { length }] of values) {
        if (!name.startsWith(`${nodeId}.`)) continue;
        total -= length;
        values.delete(name);
      }
    },
    filled: (template) => bounded(renderTemplate(template, values)),
    entries: () => Object.fromEntries(values),
  };
}
