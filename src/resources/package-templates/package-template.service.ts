import { requireCompanyAccess } from "../../core/access.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { notFoundInCompany, throwIfInvalid, type Violation } from "../../core/errors.js";
import type { Money } from "../../core/money.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { SettingList } from "../setting-lists/setting-list.service.js";
import type {
  PackageTemplate,
  TemplateContent,
  TemplateFacts,
  TemplateFactsRepository,
  TemplateItem,
} from "./package-template.model.js";

/** A template with what the catalog and the sales say about it. */
export interface ShownTemplate extends PackageTemplate {
  readonly companyId: string;
  readonly facts: TemplateFacts;
  /** The prices of all units. Absent if one is not known, or in another currency than the price. */
  readonly totalValue?: Money;
}

export interface TemplateQuery {
  readonly companyId: string;
  readonly activeOnly: boolean;
  /** Part of the name, in lower case. Empty means any. */
  readonly nameLike: string;
}

export type TemplateChange = CompanyResource & {
  readonly [Name in keyof TemplateContent]?: TemplateContent[Name] | undefined;
} & { readonly neverExpires: boolean };

export type PackageTemplates = ReturnType<typeof createPackageTemplates>;

/** The package templates of a company, as a settings list whose entries refer to the catalog. */
export function createPackageTemplates(
  list: SettingList<PackageTemplate, TemplateContent>,
  repository: TemplateFactsRepository,
) {
  const show = async (companyId: string, entries: readonly PackageTemplate[], signal: AbortSignal) => {
    const facts = await repository.factsOf(companyId, entries, signal);
    return entries.map((entry): ShownTemplate => {
      const totalValue = totalOf(entry, facts);
      return { ...entry, companyId, facts, ...(totalValue ? { totalValue } : {}) };
    });
  };
  const shown = async (companyId: string, entry: PackageTemplate, { signal }: WriteContext) => {
    const [one] = await show(companyId, [entry], signal);
    if (!one) throw new Error("no template");
    return one;
  };
  const requireServices = async (companyId: string, items: readonly TemplateItem[], { signal }: WriteContext) => {
    const { services } = await repository.factsOf(companyId, [{ items }], signal);
    throwIfInvalid(missingServices(items, services));
  };
  return {
    async list({ companyId, activeOnly, nameLike }: TemplateQuery, principal: Principal, signal: AbortSignal) {
      const entries = await list.list({ companyId, showArchived: !activeOnly }, principal, signal);
      return show(
        companyId,
        entries.filter(({ name }) => name.toLowerCase().includes(nameLike)),
        signal,
      );
    },

    async create(
      { companyId, id, ...content }: TemplateContent & { readonly companyId: string; readonly id?: string | undefined },
      principal: Principal,
      write: WriteContext,
    ) {
      requireCompanyAccess(principal, companyId);
      await requireServices(companyId, content.items, write);
      return shown(companyId, await list.create({ companyId, id, content }, principal, write), write);
    },

    async update({ companyId, id, ...change }: TemplateChange, principal: Principal, write: WriteContext) {
      requireCompanyAccess(principal, companyId);
      await requireServices(companyId, change.items ?? [], write);
      const changed = (entry: PackageTemplate) => contentAfter(entry, change);
      return shown(companyId, await list.update({ companyId, id, change: changed }, principal, write), write);
    },

    async setArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) {
      return shown(target.companyId, await list.setArchived(target, archived, principal, write), write);
    },
  };
}

function contentAfter(entry: PackageTemplate, change: Omit<TemplateChange, "companyId" | "id">): TemplateContent {
  const expirationDays = change.neverExpires ? undefined : (change.expirationDays ?? entry.expirationDays);
  return {
    name: change.name ?? entry.name,
    description: change.description ?? entry.description,
    price: change.price ?? entry.price,
    items: change.items ?? entry.items,
    ...(expirationDays === undefined ? {} : { expirationDays }),
  };
}

/** Units priced in another currency could not be sold. */
export function templateViolations({ price, items }: TemplateContent): Violation[] {
  return items.flatMap(({ services }, item) =>
    services.flatMap(({ unitPrice }, index) =>
      unitPrice && unitPrice.currencyCode !== price.currencyCode
        ? [
            {
              field: `items[${item}].services[${index}].unit_price.currency_code`,
              reason: "CONFLICT" as const,
              description: "Must be the currency of price.",
            },
          ]
        : [],
    ),
  );
}

function missingServices(items: readonly TemplateItem[], known: TemplateFacts["services"]): Violation[] {
  return items.flatMap(({ services }, item) =>
    services.flatMap(({ serviceId }, index) =>
      known.has(serviceId)
        ? []
        : [
            {
              field: `items[${item}].services[${index}].service_id`,
              reason: "NOT_FOUND" as const,
              description: notFoundInCompany,
            },
          ],
    ),
  );
}

/** By the first service of each item. */
function totalOf({ price, items }: TemplateContent, { services }: TemplateFacts): Money | undefined {
  let nanos = 0n;
  for (const { quantity, services: choice } of items) {
    const [first] = choice;
    const unit = first && (first.unitPrice ?? services.get(first.serviceId)?.price);
    if (!unit || unit.currencyCode !== price.currencyCode) return undefined;
    nanos += BigInt(quantity) * (unit.units * 1_000_000_000n + BigInt(unit.nanos));
  }
  const { currencyCode } = price;
  return { currencyCode, units: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) };
}
