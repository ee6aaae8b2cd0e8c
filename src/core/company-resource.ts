import { archivedError, notFoundError } from "./errors.js";
import type { Page } from "./page.js";

/** Identifies a resource of a company. */
export interface CompanyResource {
  readonly companyId: string;
  readonly id: string;
}

/** A page of the resources of a company. */
export interface CompanyResourceQuery {
  readonly companyId: string;
  readonly page: Page;
  readonly showArchived: boolean;
}

/** Who created and last changed a resource, and when. Staff ids are empty if an API key acted for no staff member. */
export interface Audited {
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  readonly version: bigint;
}

/** The resource that was looked up. Throws RESOURCE_NOT_FOUND. */
export function requireFound<T>(found: T | undefined, resource: string, id: string): T {
  if (found === undefined) throw notFoundError(resource, id);
  return found;
}

/** The same for a resource that must be in use. Throws RESOURCE_NOT_FOUND, RESOURCE_ARCHIVED. */
export function requireActive<T extends { readonly archived: boolean }>(
  found: T | undefined,
  resource: string,
  id: string,
): T {
  const present = requireFound(found, resource, id);
  if (present.archived) throw archivedError(resource, id);
  return present;
}
