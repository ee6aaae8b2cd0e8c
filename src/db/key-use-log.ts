import { idPrefixes, newId } from "../core/ids.js";
import type { KeyUseLog, Reader, ReadOfPeople } from "../core/key-use.js";
import type { WriteContext } from "../core/write.js";
import type { Database } from "./database.js";
import type { Log } from "./log.js";

interface KeyUseLogOptions {
  readonly database: Pick<Database, "transact">;
  readonly log: Log;
  /** Between the first entry and the statement that stores it; default 1 second. */
  readonly delayMs?: number;
}

export interface BufferedKeyUseLog extends KeyUseLog {
  /** Number of entries that were dropped because the database did not store them fast enough. */
  dropped(): number;
  /** Stores what is left, for at most a second. */
  stop(): Promise<void>;
}

/** As recorded. The rest is made when it is stored, after the response. */
interface Entry {
  readonly reader: Reader;
  readonly read: ReadOfPeople;
  readonly usedMs: number;
  /** Given once, so that storing the entry again changes nothing. */
  id?: string;
}

interface EntryRow {
  readonly company_id: string;
  readonly id: string;
  readonly key_id: string;
  readonly rpc: string;
  readonly records: readonly string[];
  readonly request_id: string;
  readonly client_address: string;
  readonly used_time: string;
}

/** Entries and ids in memory, about 10 MiB. Further entries are dropped. */
const maxBuffered = 100_000;
const batchSize = 500;
const stopMs = 1_000;

/** Docs: decisions/14-key-use.md. */
export function createKeyUseLog({ database, log, delayMs = 1_000 }: KeyUseLogOptions): BufferedKeyUseLog {
  let entries: Entry[] = [];
  let size = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;

  function schedule(): void {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      running = flush(new AbortController().signal).finally(() => {
        timer = undefined;
        if (entries.length > 0) schedule();
      });
    }, delayMs).unref();
  }

  /** Keeps a batch that could not be stored. Ids make storing it again harmless. */
  async function flush(signal: AbortSignal): Promise<void> {
    try {
      while (entries.length > 0) {
        const batch = entries.slice(0, batchSize);
        await store(database, batch, signal);
        entries = entries.slice(batch.length);
        for (const entry of batch) size -= sizeOf(entry);
      }
    } catch (err) {
      log.warn({ err, waiting: entries.length }, "failed to store the use of API keys");
    }
  }

  return {
    record({ rpc, keyId, requestId, recordedAddress }, read) {
      // A copy: the context of the request must not live on.
      const entry = { reader: { rpc, keyId, requestId, recordedAddress }, read, usedMs: Date.now() };
      if (size + sizeOf(entry) > maxBuffered) {
        dropped += 1;
        return;
      }
      entries.push(entry);
      size += sizeOf(entry);
      schedule();
    },
    dropped: () => dropped,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
      await flush(AbortSignal.timeout(stopMs));
      dropped += entries.length;
    },
  };
}

function sizeOf({ read }: Entry): number {
  return 1 + read.records.length;
}

function toRow(entry: Entry): EntryRow {
  const { rpc, keyId, requestId, recordedAddress = "" } = entry.reader;
  const { companyId, records } = entry.read;
  entry.id ??= newId(idPrefixes.keyUse);
  return {
    ...{ company_id: companyId, id: entry.id, key_id: keyId, rpc, request_id: requestId },
    ...{ records: records.map(({ kind, id }) => `${kind}/${id}`), client_address: recordedAddress },
    used_time: new Date(entry.usedMs).toISOString(),
  };
}

/** An erasure is committed sooner after it has deleted its record. */
const erasureMs = 60_000;

/**
 * An erasure takes the lock alone, so it either finds the entry or was committed before. In the latter case it has left
 * a departure since the read, and the ids of records that do not exist are left out.
 */
async function store(
  database: Pick<Database, "transact">,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<void> {
  const write: WriteContext = { rpc: "key use", requestId: "", keyId: "", companies: "all", ip: "", signal };
  const batch = entries.map(toRow);
  const companyIds = [...new Set(batch.map((entry) => entry.company_id))].toSorted();
  const sinceMs = Date.now() - Math.min(...entries.map(({ usedMs }) => usedMs)) + erasureMs;
  await database.transact(write, async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtext('key use'), hashtext(c.id))
      FROM unnest(${companyIds}::text[]) AS c (id)`;
    await tx.$executeRaw`
      WITH company AS MATERIALIZED (
        SELECT o.id, EXISTS (SELECT 1 FROM departure d
          WHERE d.company_id = o.id AND d.kind IN ('customer', 'lead') AND d.reason <> 'MOVED'
            AND d.departed_time > clock_timestamp() - ${sinceMs}::float8 * interval '1 millisecond') AS has_erased
        FROM unnest(${companyIds}::text[]) AS o (id))
      INSERT INTO key_use (company_id, id, key_id, rpc, records, request_id, client_address, used_time)
      SELECT u.company_id, u.id, u.key_id, u.rpc, CASE WHEN company.has_erased THEN ARRAY(
          SELECT r.name FROM unnest(u.records) WITH ORDINALITY AS r (name, position)
          WHERE CASE split_part(r.name, '/', 1)
            WHEN 'customer' THEN EXISTS (SELECT 1 FROM customer c
              WHERE c.company_id = u.company_id AND c.id = split_part(r.name, '/', 2))
            ELSE EXISTS (SELECT 1 FROM lead l
              WHERE l.company_id = u.company_id AND l.id = split_part(r.name, '/', 2)) END
          ORDER BY r.position) ELSE u.records END,
        u.request_id, u.client_address, u.used_time
      FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb) AS u (company_id text, id text, key_id text, rpc text,
        records text[], request_id text, client_address text, used_time timestamptz)
      JOIN company ON company.id = u.company_id
      ON CONFLICT (company_id, id) DO NOTHING`;
  });
}
