import { DomainError } from "../../core/errors.js";

interface GateLimits {
  /** How many pass at once. */
  readonly width: number;
  /** How many may wait. */
  readonly line: number;
  /** How long each may wait. */
  readonly waitMs: number;
}

interface Waiter {
  enter(): void;
}

/**
 * Lets a few pass at once. Addresses take turns, so that one with many requests does not delay the others. Those that
 * find the line full, or have waited too long, are rejected as OVERLOADED.
 */
export function createFairGate({ width, line, waitMs }: GateLimits) {
  let inside = 0;
  let size = 0;
  /** By address, in the order of their turns. */
  const waiting = new Map<string, Waiter[]>();

  function join(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = waiting.get(address) ?? [];
      const leave = () => {
        clearTimeout(timer);
        size -= 1;
      };
      const waiter: Waiter = {
        enter() {
          leave();
          resolve();
        },
      };
      const timer = setTimeout(() => {
        leave();
        waiters.splice(waiters.indexOf(waiter), 1);
        if (waiters.length === 0) waiting.delete(address);
        reject(overloaded());
      }, waitMs);
      waiters.push(waiter);
      waiting.set(address, waiters);
      size += 1;
    });
  }

  function passOn(): void {
    const [turn] = waiting;
    if (!turn) {
      inside -= 1;
      return;
    }
    const [address, waiters] = turn;
    const next = waiters.shift();
    waiting.delete(address);
    if (waiters.length > 0) waiting.set(address, waiters);
    // The one that leaves passes its place on, so `inside` does not change.
    next?.enter();
  }

  return {
    isBusy: () => inside >= width,

    /** @throws DomainError OVERLOADED */
    async pass<T>(address: string, work: () => Promise<T>): Promise<T> {
      if (inside < width) inside += 1;
      else if (size >= line) throw overloaded();
      else await join(address);
      try {
        return await work();
      } finally {
        passOn();
      }
    },
  };
}

function overloaded(): DomainError {
  return new DomainError("OVERLOADED", "Too many authentication attempts with unknown API keys. Retry later.", {
    retryDelayMs: 1_000,
  });
}
