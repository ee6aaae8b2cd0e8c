import { assertRecordSize } from "../core/record-size.js";
import type { Prisma } from "../gen/prisma/client.js";

interface SizedChange<Stored> {
  readonly limit: number;
  /** Size of the record with everything that belongs to it. */
  bytes(tx: Prisma.TransactionClient, record: Stored): Promise<number>;
}

/**
 * Bounds the size of the record that a transaction writes: `begin` before the work, with the record as it is, `end` with
 * the record that is read for the response. A replay calls neither `begin` nor the work, so that its `end` checks
 * nothing.
 */
export function sizedChange<Stored>({ limit, bytes }: SizedChange<Stored>) {
  let storedBytes: number | undefined;
  return {
    /** @param record undefined for a new one */
    async begin(tx: Prisma.TransactionClient, record: Stored | undefined): Promise<void> {
      storedBytes = record === undefined ? 0 : await bytes(tx, record);
    },
    async end(tx: Prisma.TransactionClient, record: Stored): Promise<void> {
      if (storedBytes === undefined) return;
      assertRecordSize({ record, bytes: await bytes(tx, record), storedBytes, limit });
    },
    /** Forgets an attempt that was rolled back. */
    reset(): void {
      storedBytes = undefined;
    },
  };
}
