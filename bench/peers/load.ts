import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadFigures, LoadOrder } from "./load-order.js";

/** The process that sends load. */
export interface LoadClient {
  send(order: LoadOrder): Promise<LoadFigures>;
  stop(): void;
}

export function startLoadClient(): LoadClient {
  const child = fork(join(import.meta.dirname, "load-client.js"));
  const ended = once(child, "exit").then(() => {
    throw new Error("The process that sends load has ended.");
  });
  // Whether it ends is of interest only while figures are awaited.
  ended.catch(() => {});
  return {
    async send(order) {
      const answer = once(child, "message");
      child.send(order);
      const [figures]: LoadFigures[] = await Promise.race([answer, ended]);
      if (!figures) throw new Error("The process that sends load told nothing.");
      return figures;
    },
    stop: () => child.kill(),
  };
}
