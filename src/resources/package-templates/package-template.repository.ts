import type { Database } from "../../db/database.js";
import { serviceIdsOf, type TemplateFactsRepository } from "./package-template.model.js";

/** Reads what the catalog and the sales say about templates. */
export function createTemplateFactsRepository(database: Database): TemplateFactsRepository {
  return {
    async factsOf(companyId, templates, signal) {
      const ids = templates.flatMap(({ id }) => id ?? []);
      const services = await database.ask(signal, (prisma) =>
        prisma.service.findMany({ where: { companyId, id: { in: [...serviceIdsOf(templates)] } } }),
      );
      const counts = await database.ask(signal, (prisma) =>
        prisma.package.groupBy({
          by: ["templateId"],
          where: { companyId, templateId: { in: ids } },
          _count: { _all: true },
        }),
      );
      return {
        services: new Map(
          services.map(({ id, name, priceCurrency: currencyCode, priceUnits: units, priceNanos: nanos }) => [
            id,
            { name, ...(currencyCode === "" ? {} : { price: { currencyCode, units, nanos } }) },
          ]),
        ),
        sold: new Map(counts.map(({ templateId, _count }) => [templateId ?? "", _count._all])),
      };
    },
  };
}
