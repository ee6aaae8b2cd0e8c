import type { Money } from "../../core/money.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { EntryTarget, NewEntry } from "../setting-lists/setting-store.model.js";

export const serviceItemTypes = ["GROOMING", "BOARDING", "DAYCARE", "EVALUATION"] as const;
export const serviceTypes = ["SERVICE", "ADDON"] as const;
export type ServiceItemType = (typeof serviceItemTypes)[number];
export type ServiceType = (typeof serviceTypes)[number];
/** What can change of a service of the catalogue. */

export interface ServiceContent {
  readonly name: string;
  /** Empty = under no heading. */
  readonly category: string;
  readonly price?: Money;
  /** 0 = nothing said. */
  readonly minutes: number;
  readonly atAllBusinesses: boolean;
  /** Empty while it is offered everywhere. */
  readonly businessIds: readonly string[];
  readonly byAllStaff: boolean;
  /** Empty while everybody performs it. */
  readonly staffIds: readonly string[];
  readonly inactive: boolean;
}
/** A service that a company offers. */

export interface CatalogService extends ServiceContent, ServiceKind {
  readonly id: string;
}
/** What never changes of a service. */

export interface ServiceKind {
  readonly itemType: ServiceItemType;
  readonly type: ServiceType;
}
/** Where a service is offered and by whom, as a call says it: by the request's own fields, absent = not said. */

export interface Availability {
  readonly atAllBusinesses?: boolean;
  /** Two fields that are taken together. */
  readonly businessIds: readonly string[];
  readonly availableBusinessIds: readonly string[];
  readonly byAllStaff?: boolean;
  readonly staffIds: readonly string[];
}
export interface NewService extends ServiceKind, Pick<ServiceContent, "name" | "category" | "price" | "minutes"> {
  readonly companyId: string;
  /** The id to keep for a pet migrated from another system. Absent: the server generates one. */
  readonly id?: string;
  readonly offer: Availability;
}
export interface ServiceUpdate
  extends EntryTarget,
    Partial<Pick<ServiceContent, "name" | "category" | "price" | "minutes" | "inactive">> {
  readonly offer: Availability;
}
export interface ServiceQuery {
  readonly companyId: string;
  readonly page: Page;
  /** Empty does not limit. */
  readonly itemTypes: readonly ServiceItemType[];
  /** Empty does not limit. */
  readonly businessIds: readonly string[];
  readonly showArchived: boolean;
}
/** Ids that the company does not have or has retired, but for those that the service names already. */

export type MissingIds = ReadonlySet<string>;
export interface CatalogueRepository {
  get(target: EntryTarget, signal: AbortSignal): Promise<CatalogService | undefined>;
  /** One row more than the page's size, by name, then by id. */
  list(query: ServiceQuery, signal: AbortSignal): Promise<readonly CatalogService[]>;
  /** `check` throws when locations or staff members are missing; ALREADY_EXISTS when the id is taken. */
  create(
    service: NewEntry<ServiceContent & ServiceKind>,
    write: WriteContext,
    check: AvailabilityCheck,
  ): Promise<CatalogService>;
  /** `decide` says what the service becomes, from what it is under the lock. */
  change(
    target: EntryTarget,
    write: WriteContext,
    decide: (service: CatalogService | undefined) => ServiceContent,
    check: AvailabilityCheck,
  ): Promise<CatalogService>;
}
export interface AvailabilityCheck {
  readonly businessIds: readonly string[];
  readonly staffIds: readonly string[];
  check(missing: { readonly businessIds: MissingIds; readonly staffIds: MissingIds }): void;
}
