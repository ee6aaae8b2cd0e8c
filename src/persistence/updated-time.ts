/**
 * The `lastUpdatedTime` of a change that happens now. A clock that stands still or goes back must not hide the change from
 * those who follow the time, nor change the order of a ledger.
 */
export function updatedTime(former: { readonly lastUpdatedTime: Date }, now: Date): Date {
  return new Date(Math.max(now.getTime(), former.lastUpdatedTime.getTime() + 1));
}
