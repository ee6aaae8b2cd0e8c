import type { MessageInitShape } from "@bufbuild/protobuf";
import { toProtoMoney, toTimestamp } from "../../api/google-types.js";
import type { PageTokens } from "../../api/page-token.js";
import { archiving, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type {
  PackageTemplateSchema,
  PackageTemplateService,
} from "../../gen/proto/moego/admin/v1/package_template_service_pb.js";
import { wholeOrPaged } from "../setting-lists/list-administration.handlers.js";
import { newTemplate, templateQuery, templateUpdate, templateUpdateViolations } from "./package-template.input.js";
import type { PackageTemplates, ShownTemplate } from "./package-template.service.js";

/** Handlers of `moego.admin.v1.PackageTemplateService`. */
export function createPackageTemplateHandlers(
  templates: PackageTemplates,
  pageTokens: PageTokens,
): ServiceHandlers<typeof PackageTemplateService> {
  const one = (template: ShownTemplate) => ({ packageTemplate: toProtoTemplate(template) });
  const { archive, restore } = archiving(templates, one);
  return {
    listPackageTemplates: wholeOrPaged(
      pageTokens,
      templateQuery,
      (query, { principal, signal }) => templates.list(query, principal, signal),
      (rows, nextPageToken) => ({ packages: rows.map(toProtoTemplate), nextPageToken }),
    ),
    createPackageTemplate: rpc(newTemplate, async (input, { principal, write }) =>
      one(await templates.create(input, principal, write)),
    ),
    updatePackageTemplate: rpc(
      (request, { emptyMembers }, parse) => parse(templateUpdate, templateUpdateViolations(request, emptyMembers)),
      async (input, { principal, write }) => one(await templates.update(input, principal, write)),
    ),
    archivePackageTemplate: archive,
    restorePackageTemplate: restore,
  };
}

function toProtoTemplate(template: ShownTemplate): MessageInitShape<typeof PackageTemplateSchema> {
  const { id, companyId, name, description, price, totalValue, expirationDays, items, facts, archived } = template;
  return {
    ...{ id, companyId, name, description, price: toProtoMoney(price), isActive: !archived },
    ...(totalValue ? { totalValue: toProtoMoney(totalValue) } : {}),
    ...(expirationDays === undefined ? {} : { expirationDays }),
    soldQuantity: facts.sold.get(id) ?? 0,
    createTime: toTimestamp(template.createdTime),
    updateTime: toTimestamp(template.lastUpdatedTime),
    items: items.map(({ quantity, services }) => ({
      quantity,
      services: services.map(({ serviceId, unitPrice = facts.services.get(serviceId)?.price }) => ({
        ...{ serviceId, name: facts.services.get(serviceId)?.name ?? "" },
        ...(unitPrice ? { unitPrice: toProtoMoney(unitPrice) } : {}),
      })),
    })),
  };
}
