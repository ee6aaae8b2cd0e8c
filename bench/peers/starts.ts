import { resolve } from "node:path";
import { microseconds } from "../cpu-time.js";
import { startService } from "../service.js";
import { withMigrationsOf } from "./setting.js";
import { before, ours } from "./subjects.js";

interface Starting {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly earlier: string | undefined;
  readonly rounds: number;
}

/** Seconds from the start of `node` until the service is ready: of CPU time and elapsed, one a round. */
export interface Starts {
  readonly name: string;
  readonly cpuSeconds: readonly number[];
  readonly seconds: readonly number[];
}

/** Starts this build and the earlier one in turn, on a data folder that has been used and whose database runs. */
export async function measureStarts({ dataDir, databaseUrl, earlier, rounds }: Starting): Promise<readonly Starts[]> {
  const builds = [{ name: ours, folder: resolve(".") }, ...(earlier ? [{ name: before, folder: earlier }] : [])];
  const all = builds.map((build) => {
    const cpuSeconds: number[] = [];
    const seconds: number[] = [];
    return { ...build, cpuSeconds, seconds };
  });
  // The first start of each reads its files from the disk.
  for (let round = -1; round < rounds; round += 1) {
    for (const { folder, cpuSeconds, seconds } of round % 2 === 0 ? all : all.toReversed()) {
      const service = await withMigrationsOf(folder, databaseUrl, () => startService(dataDir, { folder }));
      const used = microseconds(String(service.pid)) / 1e6;
      await service.stop();
      if (round < 0) continue;
      cpuSeconds.push(used);
      seconds.push(service.readyAfterMs / 1_000);
    }
  }
  return all;
}
