import { DomainError } from "../../core/errors.js";

/** Limits the streams of one company that run at the same time. A stream holds a place of the server for long. */
export interface StreamSlots {
  /**
   * Takes a place, until the returned function is called.
   *
   * @throws DomainError OVERLOADED if the company has no place left
   */
  take(companyId: string): () => void;
}

export function createStreamSlots(max: number): StreamSlots {
  const taken = new Map<string, number>();
  return {
    take(companyId) {
      const before = taken.get(companyId) ?? 0;
      if (before >= max) {
        throw new DomainError("OVERLOADED", "The company has too many streams under way. Retry the request.", {
          retryDelayMs,
        });
      }
      taken.set(companyId, before + 1);
      return () => {
        const left = (taken.get(companyId) ?? 1) - 1;
        if (left > 0) taken.set(companyId, left);
        else taken.delete(companyId);
      };
    },
  };
}

const retryDelayMs = 5_000;
