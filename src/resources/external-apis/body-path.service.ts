/** A member name, or a position in an array. */
type Step = string | number;

export type BodyPath = readonly Step[];

/** A body parameter. `value` is in JSON notation; without one, the parameter is not sent. */
export interface BodyPart {
  readonly path: BodyPath;
  readonly value?: string | undefined;
}

/**
 * Where a BODY parameter goes in the JSON body, by its name: `customer.name`, `items[0].id` or `items.0.id`, or a JSON
 * Pointer (RFC 6901), `/items/0/id`. A key that has a dot is written `['a.b']` or `/a.b`, and a key of digits `['7']`.
 * Undefined for other names.
 */
export function readBodyPath(name: string): BodyPath | undefined {
  const path = name.startsWith("/") ? readPointer(name) : readDotted(name);
  return path?.includes("__proto__") ? undefined : path;
}

const position = /^(0|[1-9]\d*)$/;

function readPointer(pointer: string): BodyPath | undefined {
  // `-` is the position after the last one, which no parameter can know.
  if (/~(?![01])/.test(pointer) || /\/-(\/|$)/.test(pointer)) return undefined;
  const steps = pointer.slice(1).split("/");
  return steps.map((step) => (position.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
}

/** A step, with its dot unless it is the first: a name, `[0]` or `['name']`. */
const dottedStep = /(\.)?(?:\[(\d+)\]|\['([^']+)'\]|([^.[\]]+))/y;

function readDotted(name: string): BodyPath | undefined {
  const steps: Step[] = [];
  dottedStep.lastIndex = 0;
  while (dottedStep.lastIndex < name.length) {
    const [, dot, index, quoted, plain] = dottedStep.exec(name) ?? [undefined];
    const isFirst = steps.length === 0;
    const isDotted = dot !== undefined;
    if (plain === undefined ? isDotted : isDotted === isFirst) return undefined;
    const step = index ?? plain;
    if (quoted !== undefined) steps.push(quoted);
    else if (step === undefined || (index !== undefined && !position.test(index))) return undefined;
    else steps.push(index !== undefined || (!isFirst && position.test(step)) ? Number(step) : step);
  }
  return steps.length > 0 ? steps : undefined;
}

interface Branch {
  /** Decided by the first path that enters it. */
  readonly isArray: boolean;
  readonly children: Map<Step, Branch | Leaf>;
}

interface Leaf {
  readonly value: string | undefined;
}

function newBranch(step: Step): Branch {
  return { isArray: typeof step === "number", children: new Map() };
}

/** Adds a part. False if its place is a value, or an array in one path and an object in another. */
function place(root: Branch, { path, value }: BodyPart): boolean {
  let branch = root;
  for (const [index, step] of path.entries()) {
    if (branch.isArray !== (typeof step === "number")) return false;
    const next = path[index + 1];
    const child = branch.children.get(step);
    if (next === undefined) {
      if (child) return false;
      branch.children.set(step, { value });
    } else {
      const entered = child ?? newBranch(next);
      if (!("children" in entered)) return false;
      branch.children.set(step, entered);
      branch = entered;
    }
  }
  return true;
}

/** For each path: CONFLICT with an earlier one, a GAP before its position in an array, or undefined. */
export function bodyPathConflicts(paths: readonly BodyPath[]): readonly ("CONFLICT" | "GAP" | undefined)[] {
  const root = newBranch(paths[0]?.[0] ?? "");
  const placed = paths.map((path) => place(root, { path }));
  return paths.map((path, index) => (placed[index] ? (hasGap(root, path) ? "GAP" : undefined) : "CONFLICT"));
}

function hasGap(root: Branch, path: BodyPath): boolean {
  let branch: Branch | Leaf | undefined = root;
  return path.some((step) => {
    if (!branch || !("children" in branch)) return false;
    const { children } = branch;
    branch = children.get(step);
    return typeof step === "number" && step > 0 && !children.has(step - 1);
  });
}

/**
 * The JSON body of parts without conflicts. A part without a value is left out, and the later elements of its array move
 * up. An object or array without values is left out too, except the body itself.
 */
export function jsonBody(parts: readonly BodyPart[]): string {
  const root = newBranch(parts[0]?.path[0] ?? "");
  for (const part of parts) place(root, part);
  return write(root) ?? (root.isArray ? "[]" : "{}");
}

function write(node: Branch | Leaf): string | undefined {
  if (!("children" in node)) return node.value;
  const children = node.isArray ? [...node.children].toSorted(byPosition) : [...node.children];
  const written = children.flatMap(([step, child]) => {
    const text = write(child);
    if (text === undefined) return [];
    return [node.isArray ? text : `${JSON.stringify(step)}:${text}`];
  });
  if (written.length === 0) return undefined;
  return node.isArray ? `[${written.join(",")}]` : `{${written.join(",")}}`;
}

function byPosition([a]: readonly [Step, unknown], [b]: readonly [Step, unknown]): number {
  return Number(a) - Number(b);
}
