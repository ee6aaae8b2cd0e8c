import { z } from "zod";
import { named } from "../../api/company-resource.js";
import { countryOf } from "../../api/country.js";
import { byName } from "../../api/page-order.js";
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
      const { rows, nextPageToken } = page.close(await directory.listCompanies(page, context.signal), byName);
      return { companies: rows.map(toProtoCompany), nextPageToken };
    },

    async updateCompany(request, { caller, write }) {
      if (setsTerms(request)) assertOperator(caller);
      const { companyId, change } = parse(requests.updateCompany.input, request, companyUpdate);
      return { company: toProtoCompany(await directory.updateCompany(companyId, change, caller, write)) };
    },

    async createBusiness(request, { caller, write }) {
      const schema = newBusiness(countryOf(caller, request.companyId));
      const input = parse(requests.createBusiness.input, request, schema);
      return { business: toProtoBusiness(await directory.createBusiness(input, caller, write)) };
    },

    async updateBusiness(request, { caller, write }) {
      const schema = businessUpdate(countryOf(caller, request.companyId));
      const { target, change } = parse(requests.updateBusiness.input, request, schema);
      return { business: toProtoBusiness(await directory.updateBusiness(target, change, caller, write)) };
    },

    async archiveBusiness(request, { caller, write }) {
      const target = parse(requests.archiveBusiness.input, request, named);
      return { business: toProtoBusiness(await directory.setBusinessArchived(target, true, caller, write)) };
    },

    async restoreBusiness(request, { caller, write }) {
      const target = parse(requests.restoreBusiness.input, request, named);
      return { business: toProtoBusiness(await directory.setBusinessArchived(target, false, caller, write)) };
    },

    async createStaff(request, { caller, write }) {
      const schema = newStaff(countryOf(caller, request.companyId));
      const input = parse(requests.createStaff.input, request, schema);
      return { staff: toProtoStaff(await directory.createStaff(input, caller, write)) };
    },

    async updateStaff(request, { caller, write }) {
      const schema = staffUpdate(countryOf(caller, request.companyId));
      const { target, change } = parse(requests.updateStaff.input, request, schema);
      return { staff: toProtoStaff(await directory.updateStaff(target, change, caller, write)) };
    },

    async archiveStaff(request, { caller, write }) {
      const target = parse(requests.archiveStaff.input, request, named);
      return { staff: toProtoStaff(await directory.setStaffArchived(target, true, caller, write)) };
    },

    async restoreStaff(request, { caller, write }) {
      const target = parse(requests.restoreStaff.input, request, named);
      return { staff: toProtoStaff(await directory.setStaffArchived(target, false, caller, write)) };
    },
  };
}

/** Whether the request names what is for the operator to set. The permission comes before anything else is looked at. */
function setsTerms({ enterpriseId, maxCustomers, clearMaxCustomers }: UpdateCompanyRequest): boolean {
  return enterpriseId !== undefined || maxCustomers !== undefined || clearMaxCustomers;
}
