import pg from "pg";
import { httpClient } from "./clients.js";
import type { CpuMeter, CpuTime } from "./cpu-time.js";
import { quantile } from "./load.js";
import { companyId, customerId, secret } from "./rows.js";
import type { Service } from "./service.js";

/** Merges of records with as many notes each, one at a time: medians. */
export interface MergeFigures {
  readonly notes: number;
  readonly ms: number;
  readonly cpu: CpuTime;
}

const merges = 25;
/** The first ones warm up. */
const warmUp = 5;

/** Merges pairs of the first customers, each with this number of notes. */
export async function measureMerges(
  { httpUrl }: Service,
  { ownerUrl, meter, notes }: { readonly ownerUrl: string; readonly meter: CpuMeter; readonly notes: number },
): Promise<MergeFigures> {
  await writeNotes(ownerUrl, notes);
  const http = httpClient(httpUrl, secret);
  const measured: { readonly ms: number; readonly cpu: CpuTime }[] = [];
  for (let merge = 0; merge < merges; merge += 1) {
    const [survivor, merged] = [customerId(2 * merge + 1), customerId(2 * merge + 2)];
    const path = `/v1/admin/companies/${companyId}/customers/${survivor}:merge`;
    const before = meter();
    const startedAt = performance.now();
    await http.call(path, JSON.stringify({ fromId: merged })).answer;
    const ms = performance.now() - startedAt;
    const after = meter();
    const cpu = { server: after.server - before.server, database: after.database - before.database };
    if (merge >= warmUp) measured.push({ ms, cpu });
  }
  http.close();
  const median = (of: (one: (typeof measured)[number]) => number) => quantile(measured.map(of), 0.5);
  return {
    ...{ notes, ms: median(({ ms }) => ms) },
    cpu: { server: median(({ cpu }) => cpu.server), database: median(({ cpu }) => cpu.database) },
  };
}

async function writeNotes(ownerUrl: string, notes: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
       SELECT $1, 'note_more_' || n || '_' || note, 'cus_bench_' || n, 'A note of some length about the customer.', now(), now()
       FROM generate_series(1, $2::int) n, generate_series(2, $3::int) note`,
      [companyId, 2 * merges, notes],
    );
    await client.query("VACUUM ANALYZE");
  } finally {
    await client.end();
  }
}
