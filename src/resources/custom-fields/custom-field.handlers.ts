import { omitUndefined } from "../../api/fields.js";
import { archiving, rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { CustomFieldAdminService } from "../../gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { customFieldUpdate, fieldOrder, newCustomField } from "./custom-field.input.js";
import { toProtoCustomField } from "./custom-field.output.js";
import type { CustomFields } from "./custom-field.service.js";

/** Handlers of `moego.admin.v1.CustomFieldAdminService`. */
export function createCustomFieldAdminHandlers(
  customFields: CustomFields,
): ServiceHandlers<typeof CustomFieldAdminService> {
  const { archive, restore } = archiving(customFields, (field) => ({ customField: toProtoCustomField(field) }));
  return {
    createCustomField: rpc(newCustomField, async (field, { principal, write }) => {
      return { customField: toProtoCustomField(await customFields.create(field, principal, write)) };
    }),

    updateCustomField: rpc(customFieldUpdate, async ({ companyId, id, ...change }, { principal, write }) => {
      const update = { companyId, id, ...omitUndefined(change) };
      return { customField: toProtoCustomField(await customFields.update(update, principal, write)) };
    }),

    reorderCustomFields: rpc(fieldOrder, async ({ associationType, ...order }, { principal, write }) => {
      const fields = await customFields.reorder({ ...order, association: associationType }, principal, write);
      return { customFields: fields.map(toProtoCustomField) };
    }),

    archiveCustomField: archive,
    restoreCustomField: restore,
  };
}
