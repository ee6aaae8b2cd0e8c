import { until } from "../../server/service.js";
import type { Round } from "./rounds.js";
import type { Session } from "./session.js";

/** Clients that work until they are stopped. Disposing of them stops them. */
export interface Load extends AsyncDisposable {
  /** What went wrong, one text a round that failed. */
  readonly failures: readonly string[];
  /** Waits until every client has begun another round, which uses the processes that are there now. */
  nextRound(timeoutMs: number): Promise<void>;
  /** Lets every round that has begun come to its end. */
  stop(): Promise<void>;
}

/** Starts so many clients. Each goes through rounds in random order; a round that fails does not end its client. */
export function startLoad(session: Session, rounds: readonly Round[], clients: number): Load {
  const failures: string[] = [];
  const begun = Array.from({ length: clients }, () => 0);
  let isDone = false;
  const work = async (client: number) => {
    while (!isDone) {
      begun[client] = (begun[client] ?? 0) + 1;
      const round = session.random.pick(rounds);
      await round(session).catch((error: unknown) => {
        failures.push(error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : String(error));
      });
    }
  };
  const running = Promise.all(begun.map((_, client) => work(client)));
  const stop = async () => {
    isDone = true;
    await running;
  };
  return {
    failures,
    async nextRound(timeoutMs) {
      const before = [...begun];
      await until(() => begun.every((rounds, client) => rounds > (before[client] ?? 0)), timeoutMs);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
