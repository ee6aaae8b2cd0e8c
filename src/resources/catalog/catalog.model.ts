import type { CompanyResource } from "../../core/company-resource.js";
import { enumeration, extendedEnumeration, type WordOf } from "../../core/enumeration.js";
import type { Money } from "../../core/money.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";
import type { NewEntry } from "../setting-lists/setting.model.js";

export const serviceItemTypes = extendedEnumeration(["GROOMING", "BOARDING", "DAYCARE", "EVALUATION"], ["TRAINING"]);

export const serviceTypes = enumeration("SERVICE", "ADDON");

export type ServiceItemType = WordOf<typeof serviceItemTypes>;

export type ServiceType = WordOf<typeof serviceTypes>;

/** The properties of a catalog service that can change. */
export interface ServiceContent {
  readonly name: string;
  /** Empty means no category. */
  readonly category: string;
  readonly price?: Money;
  /** 0 means unspecified. */
  readonly minutes: number;
  readonly atAllBusinesses: boolean;
  /** Empty if the service is offered at all locations. */
  readonly businessIds: readonly string[];
  readonly byAllStaff: boolean;
  /** Empty if all staff members perform the service. */
  readonly staffIds: readonly string[];
  readonly inactive: boolean;
}

/** A service of the company's catalog. */
export interface CatalogService extends ServiceContent, ServiceKind {
  readonly id: string;
}

/** The properties of a catalog service that cannot change. */
export interface ServiceKind {
  readonly itemType: ServiceItemType;
  readonly type: ServiceType;
}

/** Where and by whom a service is offered, with the fields of the request. Absent means unspecified. */
export interface Availability {
  readonly atAllBusinesses?: boolean;
  /** Two fields that are combined. */
  readonly businessIds: readonly string[];
  readonly availableBusinessIds: readonly string[];
  readonly byAllStaff?: boolean;
  readonly staffIds: readonly string[];
  /** Lists that an update empties. */
  readonly emptied?: { readonly businesses: boolean; readonly staff: boolean };
}

export interface NewService extends ServiceKind, Pick<ServiceContent, "name" | "category" | "price" | "minutes"> {
  readonly companyId: string;
  /** The id to keep for a record migrated from another system. Absent: the server generates one. */
  readonly id?: string | undefined;
  readonly offer: Availability;
}

export interface ServiceUpdate
  extends CompanyResource,
    Partial<Pick<ServiceContent, "name" | "category" | "price" | "minutes" | "inactive">> {
  readonly offer: Availability;
}

export interface ServiceQuery {
  readonly companyId: string;
  readonly page: Page;
  /** Empty does not filter. */
  readonly itemTypes: readonly ServiceItemType[];
  /** Empty does not filter. */
  readonly businessIds: readonly string[];
  readonly showArchived: boolean;
}

/** Ids that do not exist in the company or are archived, except those that the service already has. */
export type MissingIds = ReadonlySet<string>;

export interface CatalogRepository {
  get(target: CompanyResource, signal: AbortSignal): Promise<CatalogService | undefined>;
  /** Ordered by name, then by id. Returns one row more than the page size if there is a next page. */
  list(query: ServiceQuery, signal: AbortSignal): Promise<readonly CatalogService[]>;
  /** `check` throws if locations or staff members are missing. Throws ALREADY_EXISTS if the id is already used. */
  create(
    service: NewEntry<ServiceContent & ServiceKind>,
    write: WriteContext,
    check: AvailabilityCheck,
  ): Promise<CatalogService>;
  /** Stores the service that `decide` returns for the locked one. */
  change(
    target: CompanyResource,
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
