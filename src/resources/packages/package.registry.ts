import type { PageTokens } from "../../api/page-token.js";
import { type HandlerRegistry, registry } from "../../api/rpc.js";
import { PackageAdminService } from "../../gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageService } from "../../gen/proto/moego/business/package/v1/package_service_pb.js";
import { createPackageHandlers } from "./package.handlers.js";
import { createPackages } from "./package.service.js";
import { createPackageAdminHandlers } from "./package-admin.handlers.js";
import type { PackageRepository } from "./package-store.model.js";

export interface PackageDependencies {
  readonly packages: PackageRepository;
}

/** The handlers of PackageService and PackageAdminService, over one domain service. */
export function createPackageRegistry(dependencies: PackageDependencies, pageTokens: PageTokens): HandlerRegistry {
  const packages = { packages: createPackages(dependencies.packages), pageTokens };
  return new Map([
    ...registry(PackageService, createPackageHandlers(packages)),
    ...registry(PackageAdminService, createPackageAdminHandlers(packages)),
  ]);
}
