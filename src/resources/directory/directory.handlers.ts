import { z } from "zod";
import { id } from "../../api/fields.js";
import { nameCursorOf, personNameCursorOf } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { BusinessService } from "../../gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../gen/proto/moego/business/company/v1/company_service_pb.js";
import { StaffService } from "../../gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { toProtoBusiness, toProtoCompany, toProtoStaff } from "./directory.output.js";
import type { Directory } from "./directory.service.js";

export interface DirectoryHandlerDependencies {
  readonly directory: Directory;
  readonly pageTokens: PageTokens;
}

/** moego.business.company.v1.CompanyService */
export function createCompanyHandlers({
  directory,
  pageTokens,
}: DirectoryHandlerDependencies): ServiceHandlers<typeof CompanyService> {
  const requests = CompanyService.method;
  return {
    async getCompany(request, { principal, signal }) {
      const input = parse(requests.getCompany.input, request, byId);
      return toProtoCompany(await directory.getCompany(input.id, principal, signal));
    },

    async listCompanies(request, context) {
      parse(requests.listCompanies.input, request, z.object({ pagination }));
      const page = pageTokens.open(request, context);
      const { rows, nextPageToken } = page.close(
        await directory.listCompanies(page, context.principal, context.signal),
        nameCursorOf,
      );
      return { companies: rows.map(toProtoCompany), nextPageToken };
    },
  };
}

/** moego.business.business.v1.BusinessService */
export function createBusinessHandlers({
  directory,
  pageTokens,
}: DirectoryHandlerDependencies): ServiceHandlers<typeof BusinessService> {
  const requests = BusinessService.method;
  return {
    async getBusiness(request, { principal, signal }) {
      const input = parse(requests.getBusiness.input, request, byId);
      return toProtoBusiness(await directory.getBusiness(input.id, principal, signal));
    },

    async listBusiness(request, context) {
      const { companyId, showArchived } = parse(requests.listBusiness.input, request, businessesOfCompany);
      const page = pageTokens.open(request, context);
      const found = await directory.listBusinesses(
        { companyId, page, showArchived },
        context.principal,
        context.signal,
      );
      const { rows, nextPageToken } = page.close(found, nameCursorOf);
      return { businesses: rows.map(toProtoBusiness), nextPageToken };
    },
  };
}

/** moego.business.staff.v1.StaffService */
export function createStaffHandlers({
  directory,
  pageTokens,
}: DirectoryHandlerDependencies): ServiceHandlers<typeof StaffService> {
  const requests = StaffService.method;
  return {
    async getStaff(request, { principal, signal }) {
      const input = parse(requests.getStaff.input, request, byId);
      return toProtoStaff(await directory.getStaff(input.id, principal, signal));
    },

    async listStaffs(request, context) {
      const { companyId } = parse(requests.listStaffs.input, request, ofCompany);
      const page = pageTokens.open(request, context);
      const found = await directory.listStaff({ companyId, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, personNameCursorOf);
      return { staffs: rows.map(toProtoStaff), nextPageToken };
    },
  };
}

const byId = z.object({ id });
const ofCompany = z.object({ companyId: id, pagination });
const businessesOfCompany = z.object({ companyId: id, pagination, showArchived: z.boolean() });
