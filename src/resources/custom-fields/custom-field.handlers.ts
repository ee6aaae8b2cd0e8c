import { companyResourceSchema } from "../../api/company-resource.js";
import { omitUndefined } from "../../api/fields.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { CustomFieldAdminService } from "../../gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { customFieldUpdate, fieldOrder, newCustomField } from "./custom-field.input.js";
import { toProtoCustomField } from "./custom-field.output.js";
import type { CustomFields } from "./custom-field.service.js";

/** moego.admin.v1.CustomFieldAdminService */
export function createCustomFieldAdminHandlers(
  customFields: CustomFields,
): ServiceHandlers<typeof CustomFieldAdminService> {
  const requests = CustomFieldAdminService.method;
  return {
    async createCustomField(request, { principal, write }) {
      const field = parse(requests.createCustomField.input, request, newCustomField);
      return { customField: toProtoCustomField(await customFields.create(field, principal, write)) };
    },

    async updateCustomField(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updateCustomField.input, request, customFieldUpdate);
      const update = { companyId, id, ...omitUndefined(change) };
      return { customField: toProtoCustomField(await customFields.update(update, principal, write)) };
    },

    async reorderCustomFields(request, { principal, write }) {
      const { associationType, ...order } = parse(requests.reorderCustomFields.input, request, fieldOrder);
      const fields = await customFields.reorder({ ...order, association: associationType }, principal, write);
      return { customFields: fields.map(toProtoCustomField) };
    },

    async archiveCustomField(request, { principal, write }) {
      const target = parse(requests.archiveCustomField.input, request, companyResourceSchema);
      return { customField: toProtoCustomField(await customFields.archive(target, principal, write)) };
    },

    async restoreCustomField(request, { principal, write }) {
      const target = parse(requests.restoreCustomField.input, request, companyResourceSchema);
      return { customField: toProtoCustomField(await customFields.restore(target, principal, write)) };
    },
  };
}
