import { z } from "zod";
import { id } from "../../api/fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { nameCursorOf, paged, personNameCursorOf } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { BusinessService } from "../../gen/proto/moego/business/business/v1/business_service_pb.js";
import type { CompanyService } from "../../gen/proto/moego/business/company/v1/company_service_pb.js";
import type { StaffService } from "../../gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { toProtoBusiness, toProtoCompany, toProtoStaff } from "./directory.output.js";
import type { Directory } from "./directory.service.js";

export interface DirectoryHandlerDependencies {
  readonly directory: Directory;
  readonly pageTokens: PageTokens;
}

/** Handlers of `moego.business.company.v1.CompanyService`. */
export function createCompanyHandlers({
  directory,
  pageTokens,
}: DirectoryHandlerDependencies): ServiceHandlers<typeof CompanyService> {
  return {
    getCompany: rpc(byId, async (input, { principal, signal }) => {
      return toProtoCompany(await directory.getCompany(input.id, principal, signal));
    }),

    listCompanies: paged(pageTokens, z.object({ pagination }), {
      find: (_input, page, { principal, signal }) => directory.listCompanies(page, principal, signal),
      order: nameCursorOf,
      respond: (rows, nextPageToken) => ({ companies: rows.map(toProtoCompany), nextPageToken }),
    }),
  };
}

/** Handlers of `moego.business.business.v1.BusinessService`. */
export function createBusinessHandlers({
  directory,
  pageTokens,
}: DirectoryHandlerDependencies): ServiceHandlers<typeof BusinessService> {
  return {
    getBusiness: rpc(byId, async (input, { principal, signal }) => {
      return toProtoBusiness(await directory.getBusiness(input.id, principal, signal));
    }),

    listBusiness: paged(pageTokens, businessesOfCompany, {
      find: ({ companyId, showArchived }, page, { principal, signal }) =>
        directory.listBusinesses({ companyId, page, showArchived }, principal, signal),
      order: nameCursorOf,
      respond: (rows, nextPageToken) => ({ businesses: rows.map(toProtoBusiness), nextPageToken }),
    }),
  };
}

/** Handlers of `moego.business.staff.v1.StaffService`. */
export function createStaffHandlers({
  directory,
  pageTokens,
}: DirectoryHandlerDependencies): ServiceHandlers<typeof StaffService> {
  return {
    getStaff: rpc(byId, async (input, { principal, signal }) => {
      return toProtoStaff(await directory.getStaff(input.id, principal, signal));
    }),

    listStaffs: paged(pageTokens, ofCompany, {
      find: ({ companyId }, page, { principal, signal }) => directory.listStaff({ companyId, page }, principal, signal),
      order: personNameCursorOf,
      respond: (rows, nextPageToken) => ({ staffs: rows.map(toProtoStaff), nextPageToken }),
    }),
  };
}

const byId = z.object({ id });
const ofCompany = z.object({ companyId: id, pagination });
const businessesOfCompany = z.object({ companyId: id, pagination, showArchived: z.boolean() });
