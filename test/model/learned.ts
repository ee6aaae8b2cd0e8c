/** A value that only the server can choose: an id, a moment, a version. The model knows its rule, and learns it from the first answer that shows it. */
export class Learned {
  readonly #what: string;
  readonly #accepts: (value: string) => boolean;
  #value: string | undefined;

  /** @param what for messages, such as "an id that begins with cus_" */
  constructor(what: string, accepts: (value: string) => boolean) {
    this.#what = what;
    this.#accepts = accepts;
  }

  /** @throws Error before an answer has shown it: a fault of the model */
  get value(): string {
    if (this.#value === undefined) throw new Error(`the model needs ${this.#what} that no answer has shown yet`);
    return this.#value;
  }

  /** Takes the first value shown, and compares every later one with it. Returns what is wrong. */
  fault(shown: unknown): string | undefined {
    if (this.#value !== undefined) return shown === this.#value ? undefined : JSON.stringify(this.#value);
    if (typeof shown !== "string" || !this.#accepts(shown)) return this.#what;
    this.#value = shown;
    return undefined;
  }

  toJSON(): string {
    return this.#value ?? `<${this.#what}>`;
  }
}

/** A member of an answer that the model leaves to another test. */
export class Elsewhere {
  /** @param test the file of the test */
  constructor(readonly test: string) {}
}

/** What the model expects of an answer: proto3 JSON with values that the server chooses. */
export type Expected =
  | null
  | boolean
  | number
  | string
  | Learned
  | Elsewhere
  | readonly Expected[]
  | { readonly [member: string]: Expected };

/** Every difference between what was expected and what came, each with its path; none when they agree. */
export function differences(expected: Expected | undefined, actual: unknown, path = "$"): string[] {
  if (expected instanceof Elsewhere) return [];
  if (expected instanceof Learned) {
    const fault = expected.fault(actual);
    return fault === undefined ? [] : [`${path}: expected ${fault}, got ${shown(actual)}`];
  }
  if (isList(expected)) {
    if (!Array.isArray(actual)) return [`${path}: expected a list, got ${shown(actual)}`];
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, at) => differences(expected[at], actual[at], `${path}[${at}]`)).flat();
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) return [`${path}: expected an object, got ${shown(actual)}`];
    const members = new Map<string, unknown>(Object.entries(actual));
    const names = new Set([...Object.keys(expected), ...members.keys()]);
    return [...names].flatMap((name) => differences(expected[name], members.get(name), `${path}.${name}`));
  }
  return expected === actual ? [] : [`${path}: expected ${shown(expected)}, got ${shown(actual)}`];
}

function isList(expected: Expected | undefined): expected is readonly Expected[] {
  return Array.isArray(expected);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
