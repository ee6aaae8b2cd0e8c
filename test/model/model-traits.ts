import type fc from "fast-check";
import type { Command } from "./command.js";

/** What a random sequence is about. */
export type Matter = "customers" | "leads" | "packages" | "lists";

/** How the model sends an RPC. */
export interface ModelTraits {
  readonly command: fc.Arbitrary<Command>;
  /** How often it is sent beside the others, in the sequences about a matter. */
  readonly weights: Readonly<Partial<Record<Matter, number>>>;
}
