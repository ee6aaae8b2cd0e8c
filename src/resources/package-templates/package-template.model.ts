import type { Money } from "../../core/money.js";
import type { SettingEntry } from "../setting-lists/setting.model.js";

/** What a company sells as a package. A sold package keeps what it was sold as. */
export interface PackageTemplate extends SettingEntry, TemplateContent {
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
}

/** The properties that clients write. */
export interface TemplateContent {
  readonly name: string;
  readonly description: string;
  readonly price: Money;
  /** Days from the purchase to the last usable day. Absent means never. */
  readonly expirationDays?: number;
  readonly items: readonly TemplateItem[];
}

/** Units for any of the services. */
export interface TemplateItem {
  readonly quantity: number;
  readonly services: readonly TemplateService[];
}

export interface TemplateService {
  readonly serviceId: string;
  /** Absent means the price in the catalog. */
  readonly unitPrice?: Money;
}

/** What the catalog and the sales say about templates. */
export interface TemplateFacts {
  readonly services: ReadonlyMap<string, { readonly name: string; readonly price?: Money }>;
  /** Number of packages sold, by template. */
  readonly sold: ReadonlyMap<string, number>;
}

export interface TemplateFactsRepository {
  /** The services of the templates and how often each was sold. */
  factsOf(
    companyId: string,
    templates: readonly (Pick<TemplateContent, "items"> & { readonly id?: string | undefined })[],
    signal: AbortSignal,
  ): Promise<TemplateFacts>;
}

export function serviceIdsOf(templates: readonly Pick<TemplateContent, "items">[]): readonly string[] {
  const services = templates.flatMap(({ items }) => items.flatMap((item) => item.services));
  return [...new Set(services.map(({ serviceId }) => serviceId))];
}
