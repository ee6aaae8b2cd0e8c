import { z } from "zod";
import { companyResourceSchema, countryOf } from "../../api/fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { nameCursorOf, paged } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { UpdateCompanyRequest } from "../../gen/proto/moego/admin/v1/company_pb.js";
import type { DirectoryAdminService } from "../../gen/proto/moego/admin/v1/directory_admin_service_pb.js";
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

/** Handlers of `moego.admin.v1.DirectoryAdminService`. */
export function createDirectoryAdminHandlers({
  directory,
  pageTokens,
}: DirectoryAdminHandlerDependencies): ServiceHandlers<typeof DirectoryAdminService> {
  return {
    createCompany: rpc(newCompany, async (input, { write }) => {
      return { company: toProtoCompany(await directory.createCompany(input, write)) };
    }),

    listAllCompanies: paged(pageTokens, z.object({ pagination }), {
      find: (_input, page, { signal }) => directory.listCompanies(page, signal),
      order: nameCursorOf,
      respond: (rows, nextPageToken) => ({ companies: rows.map(toProtoCompany), nextPageToken }),
    }),

    updateCompany: rpc(
      (request, { principal }, parse) => {
        if (setsTerms(request)) assertOperator(principal);
        return parse(companyUpdate);
      },
      async ({ companyId, change }, { principal, write }) => ({
        company: toProtoCompany(await directory.updateCompany(companyId, change, principal, write)),
      }),
    ),

    createBusiness: rpc(
      ({ companyId }, { principal }, parse) => parse(newBusiness(countryOf(principal, companyId))),
      async (input, { principal, write }) => ({
        business: toProtoBusiness(await directory.createBusiness(input, principal, write)),
      }),
    ),

    updateBusiness: rpc(
      ({ companyId }, { principal }, parse) => parse(businessUpdate(countryOf(principal, companyId))),
      async ({ target, change }, { principal, write }) => ({
        business: toProtoBusiness(await directory.updateBusiness(target, change, principal, write)),
      }),
    ),

    archiveBusiness: rpc(companyResourceSchema, async (target, { principal, write }) => {
      return { business: toProtoBusiness(await directory.setBusinessArchived(target, true, principal, write)) };
    }),

    restoreBusiness: rpc(companyResourceSchema, async (target, { principal, write }) => {
      return { business: toProtoBusiness(await directory.setBusinessArchived(target, false, principal, write)) };
    }),

    createStaff: rpc(
      ({ companyId }, { principal }, parse) => parse(newStaff(countryOf(principal, companyId))),
      async (input, { principal, write }) => ({
        staff: toProtoStaff(await directory.createStaff(input, principal, write)),
      }),
    ),

    updateStaff: rpc(
      ({ companyId }, { principal }, parse) => parse(staffUpdate(countryOf(principal, companyId))),
      async ({ target, change }, { principal, write }) => ({
        staff: toProtoStaff(await directory.updateStaff(target, change, principal, write)),
      }),
    ),

    archiveStaff: rpc(companyResourceSchema, async (target, { principal, write }) => {
      return { staff: toProtoStaff(await directory.setStaffArchived(target, true, principal, write)) };
    }),

    restoreStaff: rpc(companyResourceSchema, async (target, { principal, write }) => {
      return { staff: toProtoStaff(await directory.setStaffArchived(target, false, principal, write)) };
    }),
  };
}

/**
 * Whether the request changes fields that only the operator can set. This permission is checked before anything else.
 */
function setsTerms({ enterpriseId, maxCustomers, clearMaxCustomers }: UpdateCompanyRequest): boolean {
  return enterpriseId !== undefined || maxCustomers !== undefined || clearMaxCustomers;
}
