import type { Prisma } from "../../gen/prisma/client.js";
import type { MissingReferences, References } from "./customer.model.js";

/** The references that do not exist in the company or are archived. */
export async function missingReferences(
  tx: Prisma.TransactionClient,
  companyId: string,
  { preferredBusinessId, referralSourceId, assignedStaffId }: References,
): Promise<MissingReferences> {
  const usable = (id: string) => ({ companyId, id, archivedTime: null });
  const missing: (keyof References)[] = [];
  if (preferredBusinessId !== undefined && (await tx.business.count({ where: usable(preferredBusinessId) })) === 0) {
    missing.push("preferredBusinessId");
  }
  if (referralSourceId !== undefined && (await tx.referralSource.count({ where: usable(referralSourceId) })) === 0) {
    missing.push("referralSourceId");
  }
  if (assignedStaffId !== undefined && (await tx.staff.count({ where: usable(assignedStaffId) })) === 0) {
    missing.push("assignedStaffId");
  }
  return missing;
}

/** Returns those ids that have never belonged to staff of the company. */
export async function missingStaff(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = await tx.staff.findMany({ where: { companyId, id: { in: [...ids] } }, select: { id: true } });
  const found = new Set(known.map((member) => member.id));
  return new Set(ids.filter((id) => !found.has(id)));
}
