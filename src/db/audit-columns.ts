import { actingStaffId, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";

/**
 * The `lastUpdatedTime` of a change made now. If the clock stops or is set back, the change must still be visible to
 * incremental sync and must not change the order of an audit log.
 */
export function updatedTime(former: { readonly lastUpdatedTime: Date }, now: Date): Date {
  return new Date(Math.max(now.getTime(), former.lastUpdatedTime.getTime() + 1));
}

interface AuditColumnsInput {
  readonly companyId: string;
  readonly now: Date;
  readonly write: WriteContext;
}

/** The same in SQL, with version and actor of the changed row `t`. */
export function auditColumns({ companyId, now, write }: AuditColumnsInput): Prisma.Sql {
  return Prisma.sql`version = t.version + 1, last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = greatest(${timestamp(now)}, ${justAfter("t.last_updated_time")})`;
}

/** The smallest time after the value of a column, as SQL. */
export function justAfter(column: string): Prisma.Sql {
  return Prisma.raw(timePlus(column, "1 millisecond"));
}

/**
 * Adds an interval to a time in SQL. PostgreSQL marks `timestamptz + interval` as STABLE, because days and months
 * depend on the session's time zone, and distributed PostgreSQL does not allow assigning the result of a STABLE
 * function of a column. These functions are IMMUTABLE.
 */
export function timePlus(time: string, interval: string): string {
  return `(${time} AT TIME ZONE 'UTC' + interval '${interval}') AT TIME ZONE 'UTC'`;
}

export function timestamp(time: Date): Prisma.Sql {
  return Prisma.sql`${time.toISOString()}::timestamptz`;
}
