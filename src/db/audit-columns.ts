import { actingStaffId, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";

/**
 * The `lastUpdatedTime` of a change that happens now. A clock that stands still or goes back must not hide the change from
 * those who follow the time, nor change the order of a ledger.
 */
export function updatedTime(former: { readonly lastUpdatedTime: Date }, now: Date): Date {
  return new Date(Math.max(now.getTime(), former.lastUpdatedTime.getTime() + 1));
}

interface AuditColumnsInput {
  readonly companyId: string;
  readonly now: Date;
  readonly write: WriteContext;
}

/** The same in SQL, with the version and the author of the changed row `t`. */
export function auditColumns({ companyId, now, write }: AuditColumnsInput): Prisma.Sql {
  return Prisma.sql`version = t.version + 1, last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = greatest(${timestamp(now)}, t.last_updated_time + interval '1 millisecond')`;
}

export function timestamp(time: Date): Prisma.Sql {
  return Prisma.sql`${time.toISOString()}::timestamptz`;
}
