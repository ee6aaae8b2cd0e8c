import { z } from "zod";

export interface VariableDoc {
  /** Expected format, as a noun phrase. */
  readonly expected: string;
  readonly example: string;
  /** Never printed, even if the value is invalid. */
  readonly secret?: boolean;
}

export const variableDocs = z.registry<VariableDoc>();
