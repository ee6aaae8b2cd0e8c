import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { Organization_Type } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "../../src/gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { VipLevelService } from "../../src/gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { newExternalApi } from "../support/new-external-api.js";
import { branchNode, definitionOf, endNode, setNode } from "../support/new-flow.js";
import { newPackage, sellPackage } from "../support/new-package.js";
import { minimalPet } from "../support/new-pet.js";
import { newService } from "../support/new-setting.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TextWriter } from "./text-writer.js";

const companyId = "cmp_a";
const pagination = { pageSize: 100 };
const times = <T extends object>(count: number, one: T) => Array.from({ length: count }, () => ({ ...one }));
const someText = { value: { case: "string", value: "x" } } as const;
const ofCustomer = {
  address: {},
  tags: times(5, {}),
  notes: times(10, {}),
  customFields: { field_short: someText, field_long: someText },
};
const ofPet = { ...minimalPet, vaccinations: times(3, {}), vet: {}, notes: times(5, {}) };
const ofLead = {
  companyId,
  phone: "+12125550122",
  address: {},
  pets: times(3, ofPet),
  customFields: { field_of_leads: someText },
};

/** Writes every text field that is stored; each writes some records whole and changes them. */
export const textWrites: readonly ((writer: TextWriter) => Promise<void>)[] = [
  async (writer) => {
    const rpc = CustomerService.method;
    const read = ({ id }: { readonly id: string }) => writer.read(rpc.getCustomer, { id });
    const { id } = await writer.write(rpc.createCustomer, newCustomer(ofCustomer), read);
    await writer.write(rpc.updateCustomer, { id, companyId, ...ofCustomer }, read);
    const notes = () => writer.read(rpc.listCustomerNotes, { id, pagination });
    const answer = await writer.write(rpc.appendCustomerNotes, { id, notes: times(50, {}) }, notes);
    await writer.write(rpc.updateCustomerNote, { customerId: id, noteId: answer.notes[0]?.id ?? "" }, notes);
    await writer.write(rpc.appendCustomerTags, { id, tags: times(5, {}) }, () =>
      writer.read(rpc.listCustomerTags, { id }),
    );
    const admin = CustomerAdminService.method;
    await writer.write(admin.importCustomer, { companyId, id: freshId(), customer: newCustomer(ofCustomer) }, (made) =>
      read({ id: made.customer?.id ?? "" }),
    );
  },
  async (writer) => {
    const rpc = LeadService.method;
    const read = (id: string) => writer.read(rpc.getLead, { id });
    const { id } = await writer.write(rpc.createLead, { lead: ofLead }, (lead) => read(lead.id));
    const { companyId: _, ...changed } = ofLead;
    await writer.write(rpc.updateLead, { id, lead: changed }, () => read(id));
    const imported = { companyId, id: freshId(), lead: ofLead };
    await writer.write(LeadAdminService.method.importLead, imported, () => read(imported.id));
  },
  async (writer) => {
    const rpc = PetService.method;
    const { id: customerId } = await madeCustomer(writer.server);
    const read = (id: string) => writer.read(rpc.getPet, { customerId, id });
    const { pet } = await writer.write(rpc.createPet, { customerId, pet: ofPet }, (made) => read(made.pet?.id ?? ""));
    const id = pet?.id ?? "";
    await writer.write(rpc.updatePet, { customerId, id, vet: {}, vaccinations: times(3, {}) }, () => read(id));
    const notes = () => writer.read(rpc.listPetNotes, { customerId, id, pagination });
    await writer.write(rpc.appendPetNotes, { customerId, id, notes: times(20, {}) }, notes);
    const imported = {
      companyId,
      id: freshId(),
      owner: { case: "customerId", value: customerId } as const,
      pet: ofPet,
    };
    await writer.write(PetAdminService.method.importPet, imported, () => read(imported.id));
  },
  async (writer) => {
    const [list, admin] = [SettingService.method, CustomerSettingAdminService.method];
    const tags = () => writer.read(list.listCustomerTags, { companyId });
    const { tag } = await writer.write(admin.createTag, { companyId }, tags);
    const updated = await writer.write(admin.updateTag, { companyId, id: tag?.id ?? "" }, tags);
    await writer.write(admin.renameTagGroup, { companyId, group: updated.tag?.group ?? "" }, tags);
    const sources = () => writer.read(list.listCustomerReferralSources, { companyId });
    const { referralSource } = await writer.write(admin.createReferralSource, { companyId }, sources);
    await writer.write(admin.updateReferralSource, { companyId, id: referralSource?.id ?? "" }, sources);
    const stages = () => writer.read(list.listLeadsLifeCycles, { companyId });
    const { lifeCycle } = await writer.write(admin.createLifeCycle, { companyId }, stages);
    await writer.write(admin.updateLifeCycle, { companyId, id: lifeCycle?.id ?? "" }, stages);
    const statuses = () => writer.read(list.listLeadsActionStatus, { companyId });
    const { actionStatus } = await writer.write(admin.createActionStatus, { companyId, color: "#00FF00" }, statuses);
    await writer.write(admin.updateActionStatus, { companyId, id: actionStatus?.id ?? "" }, statuses);
  },
  async (writer) => {
    const [list, admin] = [SettingService.method, PetSettingAdminService.method];
    const codes = () => writer.read(list.listPetCodes, { companyId });
    const { petCode } = await writer.write(admin.createPetCode, { companyId, color: "#00FF00" }, codes);
    await writer.write(admin.updatePetCode, { companyId, id: petCode?.id ?? "" }, codes);
    const sizes = () => writer.read(list.listPetSizes, { companyId });
    const { petSize } = await writer.write(admin.createPetSize, { companyId }, sizes);
    await writer.write(admin.updatePetSize, { companyId, id: petSize?.id ?? "" }, sizes);
    const types = () => writer.read(list.listPetTypes, { companyId });
    const { petType } = await writer.write(admin.createPetType, { companyId }, types);
    await writer.write(admin.updatePetType, { companyId, id: petType?.id ?? "" }, types);
    const coats = () => writer.read(list.listPetCoatTypes, { companyId });
    const { petCoatType } = await writer.write(admin.createPetCoatType, { companyId }, coats);
    await writer.write(admin.updatePetCoatType, { companyId, id: petCoatType?.id ?? "" }, coats);
  },
  async (writer) => {
    const rpc = SettingService.method;
    const read = ({ id }: { readonly id: string }) => writer.read(rpc.getService, { companyId, id });
    const { id } = await writer.write(rpc.createService, newService, read);
    await writer.write(rpc.updateService, { companyId, id }, read);
    const admin = CustomFieldAdminService.method;
    const fields = () => writer.read(rpc.listCustomFields, { companyId });
    const option = { value: someText };
    const { customField } = await writer.write(
      admin.createCustomField,
      {
        companyId,
        code: `odd_${freshId()}`.replace("-", "_"),
        associationType: CustomField_AssociationType.LEAD,
        type: CustomField_Type.SELECT,
        options: times(5, option),
      },
      fields,
    );
    await writer.write(
      admin.updateCustomField,
      { companyId, id: customField?.id ?? "", options: { options: times(5, option) } },
      fields,
    );
  },
  async (writer) => {
    const rpc = DirectoryAdminService.method;
    const business = (id = "") => writer.read(BusinessService.method.getBusiness, { id });
    const made = await writer.write(rpc.createBusiness, { companyId, address: {} }, (answer) =>
      business(answer.business?.id),
    );
    const id = made.business?.id ?? "";
    await writer.write(rpc.updateBusiness, { companyId, id, address: {} }, () => business(id));
    const staff = (staffId = "") => writer.read(StaffService.method.getStaff, { id: staffId });
    const hired = await writer.write(rpc.createStaff, { companyId, role: { id: "rol_1" } }, (answer) =>
      staff(answer.staff?.id),
    );
    const staffId = hired.staff?.id ?? "";
    await writer.write(rpc.updateStaff, { companyId, id: staffId, role: { id: "rol_1" } }, () => staff(staffId));
    const companies = () => writer.read(rpc.listAllCompanies, { pagination: { pageSize: 500 } });
    await writer.write(rpc.createCompany, { country: "US", timeZone: "America/New_York" }, companies);
    await writer.write(rpc.updateCompany, { companyId: "cmp_a" }, () =>
      writer.read(CompanyService.method.getCompany, { id: "cmp_a" }),
    );
    const keys = ApiKeyService.method;
    const organizations = [{ type: Organization_Type.COMPANY, id: companyId }];
    const restrictions = {
      scopes: ["customer:read"],
      clientRestrictions: { case: "organizationRestrictions" as const, value: { organizations } },
    };
    await writer.write(keys.createApiKey, { restrictions }, ({ key }) =>
      writer.read(keys.getApiKey, { id: key?.id ?? "" }),
    );
  },
  async (writer) => {
    const admin = PackageAdminService.method;
    const detail = (packageId: string) =>
      writer.read(PackageService.method.listPackageDetails, { companyId, packageIds: [packageId], pagination });
    await writer.write(admin.sellPackage, newPackage(), ({ packageDetail }) =>
      detail(packageDetail?.packageInfo?.id ?? ""),
    );
    const { on, item: packageServiceId } = await sellPackage(writer.server);
    const ledger = () => writer.read(admin.listPackageLedger, { ...on, pagination });
    const unit = { ...on, packageServiceId, quantity: 1 };
    await writer.write(admin.redeemPackage, unit, ledger);
    await writer.write(admin.refundPackage, unit, ledger);
    await writer.write(admin.adjustPackage, { ...on, packageServiceId, change: -1 }, ledger);
  },
  async (writer) => {
    const [rpc, levels] = [CallerService.method, VipLevelService.method];
    const { id: customerId } = await madeCustomer(writer.server);
    const target = { companyId, customerId };
    const profile = () => writer.read(rpc.getCallerProfile, target);
    await writer.write(rpc.updateCallerProfile, target, profile);
    await writer.write(rpc.linkAccount, { ...target, kind: ThirdAccountKind.DISCORD }, profile);
    const listed = () => writer.read(levels.listVipLevels, { companyId });
    const { vipLevel } = await writer.write(levels.createVipLevel, { companyId }, listed);
    await writer.write(levels.updateVipLevel, { companyId, id: vipLevel?.id ?? "" }, listed);
  },
  async (writer) => {
    const apis = ExternalApiService.method;
    const api = (id = "") => writer.read(apis.getExternalApi, { companyId, id });
    const requestParams = ["a", "b", "c"].map((name) => ({ name, location: 1, type: 1 }));
    const outputParams = ["a", "b", "c"].map((name) => ({ name, path: `$.${name}`, type: 1 }));
    const made = await writer.write(
      apis.createExternalApi,
      newExternalApi({ requestParams, outputParams }),
      ({ externalApi }) => api(externalApi?.id),
    );
    const id = made.externalApi?.id ?? "";
    await writer.write(
      apis.updateExternalApi,
      { companyId, id, requestParams: { items: requestParams }, outputParams: { items: outputParams } },
      () => api(id),
    );
    const flows = IvrFlowService.method;
    const flow = (flowId = "") => writer.read(flows.getIvrFlow, { companyId, id: flowId });
    const nodes = [
      setNode("greet", "text", "x", "which"),
      branchNode("which", { cases: [{ variable: "text", value: "x", operator: 1, next: "done" }], otherwise: "done" }),
      endNode("done"),
    ];
    const definition = definitionOf(nodes);
    const drawn = await writer.write(flows.createIvrFlow, { companyId, definition }, ({ ivrFlow }) =>
      flow(ivrFlow?.id),
    );
    const flowId = drawn.ivrFlow?.id ?? "";
    await writer.write(flows.updateIvrFlow, { companyId, id: flowId, definition }, () => flow(flowId));
  },
];
