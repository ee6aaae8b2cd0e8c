import type { Money } from "../../core/money.js";
import type { TemplateContent } from "../package-templates/package-template.model.js";
import type { Package, PackagedService } from "./package.model.js";

/** A validated package sale. References, ids and times are checked by the database. */
export interface PackageSale
  extends Pick<Package, "companyId" | "customerId" | "businessId" | "staffId" | "name" | "description" | "price">,
    Pick<Package, "startTime" | "endTime" | "expirationDate" | "externalIds"> {
  /** The id to keep. Absent: the server generates one. */
  readonly id?: string;
  /** Absent means now. */
  readonly purchaseTime?: Date;
  readonly lines: readonly {
    /** The id to keep. Absent: the server generates one. */
    readonly id?: string;
    readonly services: readonly { readonly serviceId: string; readonly unitPrice?: Money }[];
    readonly quantity: number;
  }[];
  /** Units that are left of each item. Absent: all. */
  readonly remaining?: readonly number[];
  /** Of the ledger entries of the sale. */
  readonly note: string;
}

/** A sale that takes what it does not set from a template. Without a template, it sets everything. */
export interface RequestedSale
  extends Omit<PackageSale, "name" | "description" | "price" | "expirationDate" | "lines">,
    Partial<Pick<PackageSale, "name" | "description" | "price" | "expirationDate" | "lines">> {
  readonly templateId?: string;
}

/** The sales of one company whose references are read together. */
export interface SalesOfCompany {
  readonly companyId: string;
  /** The locations whose customers the API key can access. Absent means the whole company. */
  readonly businessIds?: readonly string[];
  readonly sales: readonly RequestedSale[];
}

/** What sales refer to, as the transaction sees it. Only what exists in the company and is not archived. */
export interface SaleFacts {
  /** IANA zone id of the company. */
  readonly timeZone: string;
  readonly templates: ReadonlyMap<string, TemplateContent>;
  /** The catalog, by the id of the service. */
  readonly services: ReadonlyMap<string, { readonly name: string; readonly price?: Money }>;
  /** Customers that the API key can access. They are locked against erasure. */
  readonly customerIds: ReadonlySet<string>;
  readonly businessIds: ReadonlySet<string>;
  readonly staffIds: ReadonlySet<string>;
}

/** A package as it is stored. */
export interface SoldPackage
  extends Pick<Package, "companyId" | "id" | "customerId" | "businessId" | "staffId" | "name" | "description">,
    Pick<
      Package,
      "price" | "purchaseTime" | "startTime" | "endTime" | "expirationDate" | "templateId" | "externalIds"
    > {
  /** Of the ledger entries of the sale. */
  readonly note: string;
  readonly lines: readonly SoldLine[];
}

export interface SoldLine {
  readonly id: string;
  readonly quantity: number;
  /** Units that are left. */
  readonly remaining: number;
  readonly services: readonly PackagedService[];
}
