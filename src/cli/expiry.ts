import { UsageError } from "./command.js";

const unitMs = { h: 3_600_000, d: 86_400_000 } as const;

/**
 * When an API key expires: a duration from now (`12h`, `90d`), an RFC 3339 time, or a date, which means its start in
 * UTC. The key validation checks that it is in the future.
 */
export function parseExpiry(text: string, now: number): Date {
  const spanMs = parseDuration(text);
  if (spanMs !== undefined) return new Date(now + spanMs);
  const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = new Date(text);
  if (isMoment && !Number.isNaN(moment.getTime())) return moment;
  throw new UsageError("--expires must be a duration (90d, 12h) or an RFC 3339 time (2030-01-31T00:00:00Z).");
}

/** Milliseconds of a duration such as `12h` or `90d`; undefined if it is invalid. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === "h" ? unitMs.h : unitMs.d);
}
