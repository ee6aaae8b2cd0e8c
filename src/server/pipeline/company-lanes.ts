import { DomainError } from "../../core/errors.js";

/** The part of a request that holds a place of its company. */
export interface Turn {
  /**
   * Waits for a place.
   *
   * @throws DomainError OVERLOADED if too many requests wait already or this one has waited too long; the signal's reason
   *   if it aborts
   */
  enter(companyId: string): Promise<void> | undefined;
  /** Gives the place to the next request, if this one has one. */
  end(): void;
}

export interface CompanyLanesOptions {
  /** Requests of one company that run at the same time. */
  readonly max: number;
  /** How long a further request waits for its place. */
  readonly waitMs: number;
}

/** Lets at most so many requests of one company run at a time. The others wait in order, for a limited time. */
export interface CompanyLanes {
  turn(signal: AbortSignal): Turn;
}

export const freeTurn: Turn = { enter: () => undefined, end: () => undefined };

interface Lane {
  running: number;
  readonly waiting: Set<() => void>;
}

/** More would not get a place before their clients give up. */
const maxWaiting = 1_000;

/**
 * One company's requests cannot use all database connections and the whole event loop, so that those of others find both
 * free. A lane exists only while its company has requests.
 */
export function createCompanyLanes({ max, waitMs }: CompanyLanesOptions): CompanyLanes {
  const lanes = new Map<string, Lane>();

  function laneOf(companyId: string): Lane {
    const lane = lanes.get(companyId) ?? { running: 0, waiting: new Set() };
    lanes.set(companyId, lane);
    return lane;
  }

  function leave(companyId: string, lane: Lane): void {
    const [next] = lane.waiting;
    if (next) {
      lane.waiting.delete(next);
      next();
      return;
    }
    lane.running -= 1;
    if (lane.running === 0) lanes.delete(companyId);
  }

  return {
    turn(signal) {
      let end = () => {};
      return {
        end: () => end(),
        enter(companyId) {
          const lane = laneOf(companyId);
          const hold = () => {
            end = () => leave(companyId, lane);
          };
          if (lane.running < max) {
            lane.running += 1;
            hold();
            return undefined;
          }
          if (lane.waiting.size >= maxWaiting) throw overloaded();
          return waitIn(lane, waitMs, signal).then(hold);
        },
      };
    },
  };
}

function waitIn({ waiting }: Lane, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      waiting.delete(onTurn);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      stop();
      reject(signal.reason);
    };
    const onTurn = () => {
      stop();
      resolve();
    };
    const timer = setTimeout(() => {
      stop();
      reject(overloaded());
    }, waitMs);
    waiting.add(onTurn);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function overloaded(): DomainError {
  return new DomainError("OVERLOADED", "Too many requests of this company are in flight. Retry the request.");
}
