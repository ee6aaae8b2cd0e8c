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
    last_updated_time = greatest(${timestamp(now)}, ${justAfter("t.last_updated_time")})`;
}

/** The least time after that of a column, as SQL. */
export function justAfter(column: string): Prisma.Sql {
  return Prisma.raw(timePlus(column, "1 millisecond"));
}

/**
 * A time and an interval added as SQL. PostgreSQL holds `timestamptz + interval` for STABLE, because days and months
 * depend on the session's time zone, and distributed PostgreSQL refuses to assign what a STABLE function makes of a
 * column. These functions are IMMUTABLE.
 */
export function timePlus(time: string, interval: string): string {
  return `(${time} AT TIME ZONE 'UTC' + interval '${interval}') AT TIME ZONE 'UTC'`;
}

export function timestamp(time: Date): Prisma.Sql {
  return Prisma.sql`${time.toISOString()}::timestamptz`;
}
