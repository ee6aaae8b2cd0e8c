import type { Principal } from "./principal.js";

/**
 * The customers that those with these ids were merged into, by the former id. Only those that the principal can access:
 * the others stay as absent as their survivors.
 */
export type FindSurvivors = (
  principal: Principal,
  ids: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, string>>;
