import { statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { startService } from "../service.js";
import { overHttp1 } from "./connections.js";
import { comparedWrites, type Operation } from "./load-order.js";
import { requestsOf } from "./requests.js";
import { withMigrationsOf } from "./setting.js";

interface Counting {
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** Folder of a build. */
  readonly folder: string;
  readonly rows: number;
  readonly firstLead: number;
}

/** The service has work of its own now and then, so the least of some calls counts. */
const callsOfEach = 3;

/** Round trips to the database of one call over REST, by operation. */
export async function countRoundTrips(counting: Counting): Promise<ReadonlyMap<Operation, number>> {
  const { dataDir, databaseUrl, folder, rows, firstLead } = counting;
  const recording = join(dataDir, "round-trips");
  writeFileSync(recording, "");
  const service = await withMigrationsOf(folder, databaseUrl, () =>
    startService(dataDir, {
      folder,
      isUnbundled: true,
      nodeArguments: ["--import", resolve("bench/peers/record-round-trips.mjs")],
      environment: { RECORDED_ROUND_TRIPS: recording },
    }),
  );
  const port = Number(new URL(service.httpUrl).port);
  const counted = new Map<Operation, number>();
  for (const operation of ["W", ...comparedWrites] as const) {
    const { next } = requestsOf({ operation, rows, firstLead, port, transport: "REST", seconds: 0 });
    const counts: number[] = [];
    let before: number | undefined;
    await overHttp1(port, (answer, refusal) => {
      const made = statSync(recording).size;
      if (before !== undefined && !answer) throw new Error(`${operation} failed: ${refusal}`);
      if (before !== undefined) counts.push(made - before);
      before = made;
      return counts.length < callsOfEach ? next().bytes : undefined;
    });
    counted.set(operation, Math.min(...counts));
  }
  await service.stop();
  return counted;
}
