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
  /**
   * Gives the place to the next request, if this one has one: at once, or later if the response was large and other
   * companies have requests.
   *
   * @param bytes size of the response
   */
  end(bytes: number): void;
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
  /** Requests that may run at a time while the process is shared: one more with each small response, one after a large. */
  share: number;
  /** When the responses so far are paid for, on the clock of `performance.now()`. */
  paidAt: number;
  readonly waiting: Set<() => void>;
}

/** More would not get a place before their clients give up. */
const maxWaiting = 1_000;

/** A company shares the process if another one had a request within this time. */
const sharedForMs = 1_000;
/** Then its responses have so many bytes per millisecond: about 4 MiB per second, which take a quarter of a core. */
const sharedPace = 4_194;
/** A response is large above this size. */
const largeBytes = 64 * 1024;
/** What a shared process lets a company run at a time before it has seen any small responses of it. */
const initialShare = 2;

/**
 * One company's requests cannot use all database connections and the whole event loop, so that those of others find both
 * free. A lane exists only while its company has requests. A company that has the process for itself is not slowed down.
 */
export function createCompanyLanes({ max, waitMs }: CompanyLanesOptions): CompanyLanes {
  const lanes = new Map<string, Lane>();
  const isShared = createSharing();

  function laneOf(companyId: string): Lane {
    const lane = lanes.get(companyId) ?? { running: 0, share: initialShare, paidAt: 0, waiting: new Set() };
    lanes.set(companyId, lane);
    return lane;
  }

  const maxOf = (companyId: string, { share }: Lane) => (isShared(companyId) ? Math.min(max, share) : max);

  function leave(companyId: string, lane: Lane): void {
    lane.running -= 1;
    const free = maxOf(companyId, lane) - lane.running;
    for (const next of [...lane.waiting].slice(0, Math.max(0, free))) {
      lane.waiting.delete(next);
      lane.running += 1;
      next();
    }
    if (lane.running === 0) lanes.delete(companyId);
  }

  function pay(companyId: string, lane: Lane, bytes: number): void {
    const now = performance.now();
    const ms = isShared(companyId) ? bytes / sharedPace : 0;
    lane.share = bytes > largeBytes ? 1 : Math.min(max, lane.share + 1);
    lane.paidAt = Math.max(lane.paidAt, now) + ms;
    if (ms >= 1) setTimeout(() => leave(companyId, lane), lane.paidAt - now).unref();
    else leave(companyId, lane);
  }

  return {
    turn(signal) {
      let end = (_bytes: number) => {};
      return {
        end: (bytes) => end(bytes),
        enter(companyId) {
          const lane = laneOf(companyId);
          const hold = () => {
            end = (bytes) => pay(companyId, lane, bytes);
          };
          if (lane.running < maxOf(companyId, lane)) {
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

/** Tells, of a company that has a request now, whether another one had a request lately. */
function createSharing(): (companyId: string) => boolean {
  let last = { companyId: "", at: Number.NEGATIVE_INFINITY };
  /** The last request of any other company. */
  let other = last;
  return (companyId) => {
    const at = performance.now();
    if (last.companyId !== companyId) other = last;
    last = { companyId, at };
    return other.companyId !== "" && at - other.at < sharedForMs;
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
