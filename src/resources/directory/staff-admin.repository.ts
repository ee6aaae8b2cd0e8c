import { alreadyExistsError, archivedError, notFoundError } from "../../core/errors.js";
import type { Database } from "../../db/database.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { type StaffRow, toStaff } from "./directory.columns.js";
import type { Staff } from "./directory.model.js";
import type { DirectoryAdminRepository, DirectoryTarget, StaffChange, StaffOutcome } from "./directory-admin.model.js";
import { changeDirectory, type DirectoryKey } from "./directory-admin-change.repository.js";

type StaffAdmin = Pick<DirectoryAdminRepository, "createStaff" | "changeStaff" | "setStaffArchived">;

export function createStaffAdmin(database: Database): StaffAdmin {
  return {
    createStaff: ({ companyId, id, role, hiredTime, workingBusinessIds, ...texts }, write) =>
      refusable(
        changeDirectory(
          database,
          {
            key: keyOf({ companyId, id }),
            async work(tx) {
              if (await findStaff(tx, { companyId, id })) throw alreadyExistsError("Staff", "id");
              await assertBusinesses(tx, companyId, workingBusinessIds, []);
              const more = { workingBusinessIds: [...workingBusinessIds], ...roleColumns(role) };
              await tx.staff.create({ data: { companyId, id, ...texts, ...more, hiredTime: hiredTime ?? null } });
              return true;
            },
            read: (tx, storedId) => readStaff(tx, { companyId, id: storedId }),
          },
          write,
        ),
      ),

    changeStaff: (target, change, write) =>
      refusable(
        changeDirectory(
          database,
          {
            key: keyOf(target),
            async work(tx) {
              const staff = await readStaff(tx, target);
              if (staff.archived) throw archivedError("Staff", target.id);
              const { companyId } = target;
              await assertBusinesses(tx, companyId, change.workingBusinessIds ?? [], staff.workingBusinessIds);
              await tx.staff.update({ where: where(target), data: columns(change) });
              return true;
            },
            read: (tx) => readStaff(tx, target),
          },
          write,
        ),
      ),

    setStaffArchived: (target, isArchived, write) =>
      changeDirectory(
        database,
        {
          key: keyOf(target),
          async work(tx, now) {
            const staff = await readStaff(tx, target);
            if (staff.archived === isArchived) return false;
            const data = { archivedTime: isArchived ? now : null, version: { increment: 1 } };
            await tx.staff.update({ where: where(target), data });
            return true;
          },
          read: (tx) => readStaff(tx, target),
        },
        write,
      ),
  };
}

/** Rolls the transaction back. `refusable` converts it to an outcome. */
class BusinessesMissing extends Error {
  constructor(readonly positions: readonly number[]) {
    super("locations not found");
  }
}

async function refusable(stored: Promise<Staff>): Promise<StaffOutcome> {
  try {
    return { kind: "stored", staff: await stored };
  } catch (error) {
    if (error instanceof BusinessesMissing) return { kind: "refused", positions: error.positions };
    throw error;
  }
}

/** @param kept locations that may be archived, because the staff member already has them */
async function assertBusinesses(
  tx: Prisma.TransactionClient,
  companyId: string,
  ids: readonly string[],
  kept: readonly string[],
): Promise<void> {
  const asked = ids.filter((id) => !kept.includes(id));
  if (asked.length === 0) return;
  const found = await tx.business.findMany({
    where: { companyId, id: { in: asked }, archivedTime: null },
    select: { id: true },
  });
  const usable = new Set([...kept, ...found.map(({ id }) => id)]);
  const positions = ids.flatMap((id, position) => (usable.has(id) ? [] : [position]));
  if (positions.length > 0) throw new BusinessesMissing(positions);
}

function columns({ role, hiredTime, workingBusinessIds, ...texts }: StaffChange): Prisma.StaffUncheckedUpdateInput {
  return {
    ...texts,
    ...(role === undefined ? {} : roleColumns(role ?? undefined)),
    ...(hiredTime === undefined ? {} : { hiredTime }),
    ...(workingBusinessIds ? { workingBusinessIds: [...workingBusinessIds] } : {}),
    version: { increment: 1 },
  };
}

function roleColumns(role: Staff["role"]) {
  return { roleId: role?.id ?? null, roleName: role?.name ?? "" };
}

function keyOf({ companyId, id }: DirectoryTarget): DirectoryKey {
  return { kind: "staff", companyId, id };
}

function where({ companyId, id }: DirectoryTarget) {
  return { companyId_id: { companyId, id } };
}

async function findStaff(tx: Prisma.TransactionClient, { companyId, id }: DirectoryTarget): Promise<Staff | undefined> {
  const rows = await tx.$queryRaw<StaffRow[]>`SELECT * FROM staff WHERE company_id = ${companyId} AND id = ${id}`;
  return rows[0] && toStaff(rows[0]);
}

async function readStaff(tx: Prisma.TransactionClient, target: DirectoryTarget): Promise<Staff> {
  const staff = await findStaff(tx, target);
  if (!staff) throw notFoundError("Staff", target.id);
  return staff;
}
