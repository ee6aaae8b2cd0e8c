import type { Database } from "../../db/database.js";
import { changePackage } from "./package-change.repository.js";
import { createPackageLists } from "./package-list.repository.js";
import { sellPackage } from "./package-sale.repository.js";
import type { PackageRepository } from "./package-store.model.js";

/** Packages, with hand-written SQL for the lists and Prisma for changes. */
export function createPackageRepository(database: Database): PackageRepository {
  return {
    ...createPackageLists(database),
    sell: (sale, write) => sellPackage(database, sale, write),
    change: (target, write, decide) => changePackage(database, target, write, decide),
  };
}
