import type { Channel } from "../core/consent.js";
import { linesOf, type Reachable } from "../core/contact-line.js";
import type { Prisma } from "../gen/prisma/client.js";
import type { OptOutKeys } from "./opt-out-key.js";
import { hashesOf, optedOutLinesSql, toChannels } from "./opt-out-list.js";

/**
 * Makes opt-outs of the company wait for the batches that add lines, and the other way round. Their contacts have locks
 * too, but a batch has more contacts than a transaction may hold locks.
 */
export async function waitForBatches(tx: Prisma.TransactionClient, companyId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('opt-outs'), hashtext(${companyId}))`;
}

/**
 * Makes opt-outs that begin later wait until the transaction ends, and returns the key of their hashes. Undefined if the
 * company has none. Comes before the locks of records, which an opt-out takes after its own.
 */
export async function holdOffOptOuts(tx: Prisma.TransactionClient, keys: OptOutKeys, companyId: string) {
  // Waits for the first opt-out of the company, which creates the key.
  await tx.$executeRaw`SELECT opted_out_channels(${companyId}, NULL, NULL, NULL)`;
  const key = await keys.find(tx, companyId);
  if (key) await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtext('opt-outs'), hashtext(${companyId}))`;
  return key;
}

/**
 * The channels from which each of several new records is opted out, in the transaction that stores them. Opt-outs that
 * begin later wait until it ends, and find the records.
 */
export async function optedOutOfEach(
  tx: Prisma.TransactionClient,
  keys: OptOutKeys,
  { companyId, records }: { readonly companyId: string; readonly records: readonly Reachable[] },
): Promise<readonly (readonly Channel[])[]> {
  const lines = records.flatMap((record, position) => linesOf(record).map((line) => ({ position, ...line })));
  if (lines.length === 0) return records.map(() => []);
  const key = await holdOffOptOuts(tx, keys, companyId);
  if (!key) return records.map(() => []);
  const hashes = JSON.stringify(hashesOf(key, lines));
  const rows = await tx.$queryRawUnsafe<{ line: number; channel: number }[]>(
    optedOutLinesSql("$1", "$2"),
    companyId,
    hashes,
  );
  const found = records.map(() => new Set<number>());
  for (const { line, channel } of rows) found[lines[line]?.position ?? 0]?.add(channel);
  return found.map((channels) => toChannels([...channels].toSorted((one, other) => one - other)));
}
