import type { JsonValue } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { Fault } from "./outcome.js";

/** How a command uses `update_mask`: it lists what is populated, and more or less than that. */
export interface MaskUse {
  /** Places in the list of fields that can be cleared. */
  readonly cleared: readonly number[];
  readonly part: boolean;
  readonly misuse: "unlisted" | "unknown" | "required" | undefined;
}

export const maskUses: fc.Arbitrary<MaskUse> = fc.record({
  cleared: fc.uniqueArray(fc.nat(12), { maxLength: 2 }),
  part: fc.boolean(),
  misuse: fc.oneof(
    { weight: 15, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom("unlisted" as const, "unknown" as const, "required" as const) },
  ),
});

export interface MaskContext {
  readonly use: MaskUse;
  readonly populated: readonly string[];
  readonly clearable: readonly string[];
  readonly required: readonly string[];
  /** Paths into a message. */
  readonly parts: readonly string[];
}

/** The paths that are listed; undefined when there is none, which is as good as no mask. */
export function maskOf({ use, populated, clearable, required, parts }: MaskContext): readonly string[] | undefined {
  const listed = populated.slice(use.misuse === "unlisted" ? 1 : 0);
  const cleared = use.cleared.flatMap((at) => clearable[at] ?? []);
  const emptied = use.misuse === "required" ? required.slice(1, 2) : [];
  const partial = use.part ? parts.filter((part) => !populated.includes(part.split(".")[0] ?? "")) : [];
  const unknown = use.misuse === "unknown" ? ["shoe_size"] : [];
  const paths = [...new Set([...listed, ...cleared, ...emptied, ...partial, ...unknown])];
  return paths.length === 0 ? undefined : paths;
}

export interface MaskCheck {
  readonly mask: readonly string[] | undefined;
  readonly populated: readonly string[];
  readonly required: readonly string[];
  /** Path of the message that holds the fields, with a dot at its end. */
  readonly within?: string;
}

export function maskFaults({ mask, populated, required, within = "" }: MaskCheck): Fault[] {
  if (!mask) return [];
  return [
    ...populated
      .filter((path) => !mask.includes(path))
      .map((path) => ({ field: within + path, reason: "NOT_ALLOWED" })),
    ...required
      .filter((path) => mask.includes(path) && !populated.includes(path))
      .map((path) => ({ field: within + path, reason: "REQUIRED" })),
    ...mask.flatMap((path, at) =>
      path === "shoe_size" ? [{ field: `update_mask.paths[${at}]`, reason: "UNKNOWN_FIELD" }] : [],
    ),
  ];
}

/** Whether an update writes a path: listed ones with a mask, populated ones without. */
export function writtenBy(
  mask: readonly string[] | undefined,
  populated: readonly string[],
): (path: string) => boolean {
  return (path) => (mask ?? populated).includes(path);
}

/** In JSON a mask is one text of paths in lower camel case. */
export function sentMask(mask: readonly string[]): JsonValue {
  return mask.map((path) => path.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())).join(",");
}
