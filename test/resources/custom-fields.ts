import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { planted } from "../reliability/tenancy/planted.js";
import { newField } from "../support/new-setting.js";
import { entry, type RpcEntry } from "./entry.js";
import { archivedBy, change, idsOf, type MakeEntry, type ReadOrder, reorder } from "./setting-list.js";
import { reading, times } from "./texts.js";

const { listCustomFields } = SettingService.method;
const admin = CustomFieldAdminService.method;
const companyId = "cmp_a";
const ofLeads = { associationType: CustomField_AssociationType.LEAD };

const make: MakeEntry = async (server) => (await server.ok(admin.createCustomField, newField())).customField?.id ?? "";
const orderOfLeads: ReadOrder = async (server) => {
  const filter = { associationTypes: [CustomField_AssociationType.LEAD] };
  return idsOf((await server.ok(listCustomFields, { companyId, filter })).customFields);
};
const ofOptions = times(5, { label: "x", value: { value: { case: "string", value: "x" } as const } });
const select = () => ({ ...newField(), type: CustomField_Type.SELECT, options: ofOptions });
const readFields = () => reading(listCustomFields, { companyId });
const order = reorder(make, orderOfLeads);

export const customFields: readonly RpcEntry[] = [
  entry(listCustomFields, { request: { companyId } }),
  entry(admin.createCustomField, {
    request: async () => newField(),
    repeat: async () => ({ good: newField(), other: newField(), bad: { ...newField(), id: "cf_short" } }),
    texts: { request: async () => select(), reading: readFields },
    tenancy: { calls: [{ name: "archived by the neighbour", json: { code: planted.archivedFieldCode } }] },
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
    texts: {
      async request(server) {
        const { customField } = await server.ok(admin.createCustomField, {
          ...select(),
          options: ofOptions.slice(0, 1),
        });
        return { companyId, id: customField?.id ?? "", options: { options: ofOptions } };
      },
      reading: readFields,
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
