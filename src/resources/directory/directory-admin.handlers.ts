import { z } from "zod";
import { companyResourceSchema } from "../../api/company-resource.js";
import { countryOf } from "../../api/country.js";
import { nameCursorOf } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import type { UpdateCompanyRequest } from "../../gen/proto/moego/admin/v1/company_pb.js";
import { DirectoryAdminService } from "../../gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { toProtoBusiness, toProtoCompany, toProtoStaff } from "./directory.output.js";
import {
  businessUpdate,
  companyUpdate,
  newBusiness,
  newCompany,
  newStaff,
  staffUpdate,
} from "./directory-admin.input.js";
import { assertOperator, type DirectoryAdmin } from "./directory-admin.service.js";

export interface DirectoryAdminHandlerDependencies {
  readonly directory: DirectoryAdmin;
  readonly pageTokens: PageTokens;
}

const requests = DirectoryAdminService.method;

/** moego.admin.v1.DirectoryAdminService */
export function createDirectoryAdminHandlers({
  directory,
  pageTokens,
}: DirectoryAdminHandlerDependencies): ServiceHandlers<typeof DirectoryAdminService> {
  return {
    async createCompany(request, { write }) {
      const input = parse(requests.createCompany.input, request, newCompany);
      return { company: toProtoCompany(await directory.createCompany(input, write)) };
    },

    async listAllCompanies(request, context) {
      parse(requests.listAllCompanies.input, request, z.object({ pagination }));
      const page = pageTokens.open(request, context);
      const { rows, nextPageToken } = page.close(await directory.listCompanies(page, context.signal), nameCursorOf);
      return { companies: rows.map(toProtoCompany), nextPageToken };
    },

    async updateCompany(request, { principal, write }) {
      if (setsTerms(request)) assertOperator(principal);
      const { companyId, change } = parse(requests.updateCompany.input, request, companyUpdate);
      return { company: toProtoCompany(await directory.updateCompany(companyId, change, principal, write)) };
    },

    async createBusiness(request, { principal, write }) {
      const schema = newBusiness(countryOf(principal, request.companyId));
      const input = parse(requests.createBusiness.input, request, schema);
      return { business: toProtoBusiness(await directory.createBusiness(input, principal, write)) };
    },

    async updateBusiness(request, { principal, write }) {
      const schema = businessUpdate(countryOf(principal, request.companyId));
      const { target, change } = parse(requests.updateBusiness.input, request, schema);
      return { business: toProtoBusiness(await directory.updateBusiness(target, change, principal, write)) };
    },

    async archiveBusiness(request, { principal, write }) {
      const target = parse(requests.archiveBusiness.input, request, companyResourceSchema);
      return { business: toProtoBusiness(await directory.setBusinessArchived(target, true, principal, write)) };
    },

    async restoreBusiness(request, { principal, write }) {
      const target = parse(requests.restoreBusiness.input, request, companyResourceSchema);
      return { business: toProtoBusiness(await directory.setBusinessArchived(target, false, principal, write)) };
    },

    async createStaff(request, { principal, write }) {
      const schema = newStaff(countryOf(principal, request.companyId));
      const input = parse(requests.createStaff.input, request, schema);
      return { staff: toProtoStaff(await directory.createStaff(input, principal, write)) };
    },

    async updateStaff(request, { principal, write }) {
      const schema = staffUpdate(countryOf(principal, request.companyId));
      const { target, change } = parse(requests.updateStaff.input, request, schema);
      return { staff: toProtoStaff(await directory.updateStaff(target, change, principal, write)) };
    },

    async archiveStaff(request, { principal, write }) {
      const target = parse(requests.archiveStaff.input, request, companyResourceSchema);
      return { staff: toProtoStaff(await directory.setStaffArchived(target, true, principal, write)) };
    },

    async restoreStaff(request, { principal, write }) {
      const target = parse(requests.restoreStaff.input, request, companyResourceSchema);
      return { staff: toProtoStaff(await directory.setStaffArchived(target, false, principal, write)) };
    },
  };
}

/** Whether the request names what is for the operator to set. The permission comes before anything else is looked at. */
function setsTerms({ enterpriseId, maxCustomers, clearMaxCustomers }: UpdateCompanyRequest): boolean {
  return enterpriseId !== undefined || maxCustomers !== undefined || clearMaxCustomers;
}
