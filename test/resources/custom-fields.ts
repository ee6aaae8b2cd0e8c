import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomField_AssociationType } from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { newField } from "../support/new-setting.js";
import { entry, type RpcEntry } from "./entry.js";
import { archivedBy, change, idsOf, type MakeEntry, type ReadOrder, reorder } from "./setting-list.js";

const { listCustomFields } = SettingService.method;
const admin = CustomFieldAdminService.method;
const companyId = "cmp_a";
const ofLeads = { associationType: CustomField_AssociationType.LEAD };

const make: MakeEntry = async (server) => (await server.ok(admin.createCustomField, newField())).customField?.id ?? "";
const orderOfLeads: ReadOrder = async (server) => {
  const filter = { associationTypes: [CustomField_AssociationType.LEAD] };
  return idsOf((await server.ok(listCustomFields, { companyId, filter })).customFields);
};
const order = reorder(make, orderOfLeads);

export const customFields: readonly RpcEntry[] = [
  entry(listCustomFields, { request: { companyId } }),
  entry(admin.createCustomField, {
    request: async () => newField(),
    repeat: async () => ({ good: newField(), other: newField(), bad: { ...newField(), id: "cf_short" } }),
  }),
  entry(admin.updateCustomField, {
    request: { companyId, id: "cf_of_leads", helpText: "Ask" },
    foreignIds: { id: "cf_c1" },
    async repeat(server) {
      const id = await make(server);
      return {
        good: { companyId, id, helpText: "A" },
        other: { companyId, id, helpText: "B" },
        bad: { companyId, id: "none_z" },
      };
    },
  }),
  entry(admin.reorderCustomFields, {
    request: async (server) => ({ ...(await order.request(server)), ...ofLeads }),
    async repeat(server) {
      const { good, other, bad } = await order.repeat(server);
      return { good: { ...good, ...ofLeads }, other: { ...other, ...ofLeads }, bad: { ...bad, ...ofLeads } };
    },
  }),
  entry(admin.archiveCustomField, change("cf_archived", "cf_c1", make)),
  entry(
    admin.restoreCustomField,
    change(
      "cf_short",
      "cf_c1",
      archivedBy(make, (server, id) => server.ok(admin.archiveCustomField, { companyId, id })),
    ),
  ),
];
