import type { AddressRecord } from "../../core/address.js";
import { alreadyExistsError, archivedError, notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Database } from "../../db/database.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type BusinessRow, toBusiness } from "./directory.columns.js";
import type { Business } from "./directory.model.js";
import type { DirectoryAdminRepository, DirectoryTarget } from "./directory-admin.model.js";
import { changeDirectory, type DirectoryKey } from "./directory-admin-change.repository.js";

type BusinessAdmin = Pick<DirectoryAdminRepository, "createBusiness" | "changeBusiness" | "setBusinessArchived">;

export function createBusinessAdmin(database: Database): BusinessAdmin {
  return {
    createBusiness: ({ address, ...texts }, write) =>
      changeDirectory(
        database,
        {
          key: keyOf(texts),
          async work(tx) {
            if (await findBusiness(tx, texts)) throw alreadyExistsError("Business", "id");
            await tx.business.create({ data: { ...texts, ...(address ? { address: withId(address) } : {}) } });
            return true;
          },
          read: (tx, id) => readBusiness(tx, { ...texts, id }),
        },
        write,
      ),

    changeBusiness: (target, { address, ...texts }, write) =>
      changeDirectory(
        database,
        {
          key: keyOf(target),
          async work(tx) {
            const business = await readBusiness(tx, target);
            if (business.archived) throw archivedError("Business", target.id);
            const json = address === undefined ? {} : { address: address ? withId(address) : Prisma.DbNull };
            await tx.business.update({ where: where(target), data: { ...texts, ...json, ...nextVersion } });
            return true;
          },
          read: (tx) => readBusiness(tx, target),
        },
        write,
      ),

    setBusinessArchived: (target, isArchived, write) =>
      changeDirectory(
        database,
        {
          key: keyOf(target),
          async work(tx, now) {
            const business = await readBusiness(tx, target);
            if (business.archived === isArchived) return false;
            const data = { archivedTime: isArchived ? now : null, ...nextVersion };
            await tx.business.update({ where: where(target), data });
            return true;
          },
          read: (tx) => readBusiness(tx, target),
        },
        write,
      ),
  };
}

const nextVersion = { version: { increment: 1 } } as const;

function keyOf({ companyId, id }: DirectoryTarget): DirectoryKey {
  return { kind: "business", companyId, id };
}

function where({ companyId, id }: DirectoryTarget) {
  return { companyId_id: { companyId, id } };
}

/** The column contains a whole address, including the id that responses show. */
function withId({ coordinate, ...lines }: AddressRecord) {
  return { ...lines, id: newId(idPrefixes.address), ...(coordinate ? { coordinate: { ...coordinate } } : {}) };
}

async function findBusiness(
  tx: Prisma.TransactionClient,
  { companyId, id }: DirectoryTarget,
): Promise<Business | undefined> {
  const rows = await tx.$queryRaw<BusinessRow[]>`
    SELECT * FROM business WHERE company_id = ${companyId} AND id = ${id}`;
  return rows[0] && toBusiness(rows[0]);
}

async function readBusiness(tx: Prisma.TransactionClient, target: DirectoryTarget): Promise<Business> {
  const business = await findBusiness(tx, target);
  if (!business) throw notFoundError("Business", target.id);
  return business;
}
