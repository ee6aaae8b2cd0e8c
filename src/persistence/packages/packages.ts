import type { Database } from "../../db/database.js";
import type { PackageRepository } from "../../domain/packages/package-repository.js";
import { changePackage } from "./package-change.js";
import { createPackageLists } from "./package-list.js";
import { sellPackage } from "./package-sale.js";

/** Packages over hand-written SQL for the lists and Prisma for changes. */
export function createPackageRepository(database: Database): PackageRepository {
  return {
    ...createPackageLists(database),
    sell: (sale, write) => sellPackage(database, sale, write),
    change: (target, write, decide) => changePackage(database, target, write, decide),
  };
}
