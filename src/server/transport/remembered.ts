const rememberedMs = 1_000;

/**
 * A check that runs once at a time and at most once per second, however often it is asked. A failed check is remembered
 * as well.
 *
 * @param now milliseconds of a monotonic clock
 */
export function rememberedCheck(
  check: () => Promise<boolean>,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  let current: Promise<boolean> | undefined;
  let expiresMs = 0;
  return () => {
    if (current && now() < expiresMs) return current;
    expiresMs = Number.POSITIVE_INFINITY;
    current = check()
      .catch(() => false)
      .finally(() => {
        expiresMs = now() + rememberedMs;
      });
    return current;
  };
}
