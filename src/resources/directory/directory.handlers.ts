import { z } from "zod";
import { id, omitUndefined } from "../../api/fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { nameCursorOf, paged, personNameCursorOf } from "../../api/paged.js";
import { phoneRulesOf, warnOfPhones } from "../../api/phone-fields.js";
import { judgedNumber } from "../../api/phone-line.js";
import { archiving, inCountry, rpc, rpcWithStored, type ServiceHandlers } from "../../api/rpc.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { UpdateCompanyRequest } from "../../gen/proto/moego/admin/v1/company_pb.js";
import type { DirectoryAdminService } from "../../gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import type { BusinessService } from "../../gen/proto/moego/business/business/v1/business_service_pb.js";
import type { CompanyService } from "../../gen/proto/moego/business/company/v1/company_service_pb.js";
import type { StaffService } from "../../gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { businessInput, companyUpdate, newBusiness, newCompany, newStaff, staffInput } from "./directory.input.js";
import type { Business, Staff } from "./directory.model.js";
import { toProtoBusiness, toProtoCompany, toProtoStaff } from "./directory.output.js";
import {
  assertOperator,
  businessNumbers,
  type Directory,
  type DirectoryAdmin,
  staffNumbers,
} from "./directory.service.js";

/** Handlers of `moego.business.company.v1.CompanyService`. */
export function createCompanyHandlers(
  directory: Directory,
  pageTokens: PageTokens,
): ServiceHandlers<typeof CompanyService> {
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
export function createBusinessHandlers(
  directory: Directory,
  pageTokens: PageTokens,
): ServiceHandlers<typeof BusinessService> {
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
export function createStaffHandlers(
  directory: Directory,
  pageTokens: PageTokens,
): ServiceHandlers<typeof StaffService> {
  return {
    getStaff: rpc(byId, async (input, { principal, signal }) => {
      return toProtoStaff(await directory.getStaff(input.id, principal, signal));
    }),

    listStaffs: paged(pageTokens, staffOfCompany, {
      find: ({ companyId, includeDeleted = true }, page, { principal, signal }) =>
        directory.listStaff({ companyId, page, showArchived: includeDeleted }, principal, signal),
      order: personNameCursorOf,
      respond: (rows, nextPageToken) => ({ staffs: rows.map(toProtoStaff), nextPageToken }),
    }),
  };
}

const byId = z.object({ id });
const ofCompany = z.object({ companyId: id, pagination });
const businessesOfCompany = ofCompany.extend({ showArchived: z.boolean() });
const staffOfCompany = ofCompany.extend({ includeDeleted: z.boolean().optional() });

/** Handlers of `moego.admin.v1.DirectoryAdminService`. */
export function createDirectoryAdminHandlers(
  directory: DirectoryAdmin,
  { getBusiness, getStaff }: Directory,
  pageTokens: PageTokens,
): ServiceHandlers<typeof DirectoryAdminService> {
  const businesses = archiving({ setArchived: directory.setBusinessArchived }, toBusinessResponse);
  const staff = archiving({ setArchived: directory.setStaffArchived }, toStaffResponse);
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
      async (request, { principal, signal, emptyMembers }, parse) => {
        const { companyId, enterpriseId, maxCustomers, clearMaxCustomers } = request;
        const terms = omitUndefined({ enterpriseId, maxCustomers });
        // JSON may send back what GetCompany returns.
        const isJson = emptyMembers !== undefined && !clearMaxCustomers;
        const isSame = isJson && (await directory.hasTerms(companyId, terms, principal, signal));
        if (setsTerms(request) && !isSame) assertOperator(principal);
        return parse(companyUpdate);
      },
      async ({ companyId, change }, { principal, write }) => ({
        company: toProtoCompany(await directory.updateCompany(companyId, change, principal, write)),
      }),
    ),

    createBusiness: rpc(inCountry(newBusiness), async (input, context) => {
      warnOfPhones(context, [], businessNumbers(input));
      return toBusinessResponse(await directory.createBusiness(input, context.principal, context.write));
    }),

    updateBusiness: rpcWithStored(
      businessInput,
      {
        judge: ({ companyId, phone = "", businessPhone = "" }, { principal }) => {
          const rules = phoneRulesOf(principal, companyId);
          const given = {
            phone: judgedNumber(phone, rules.country),
            businessPhone: judgedNumber(businessPhone, rules.country),
          };
          return (stored?: Business) => numberViolations(businessNumbers(given, stored), rules);
        },
        read: (request, { principal, signal }) => getBusiness(request.id, principal, signal),
      },
      async ({ target, change }, context) => {
        warnOfPhones(context, [], businessNumbers(change));
        return toBusinessResponse(await directory.updateBusiness(target, change, context.principal, context.write));
      },
    ),

    archiveBusiness: businesses.archive,
    restoreBusiness: businesses.restore,

    createStaff: rpc(inCountry(newStaff), async (input, context) => {
      warnOfPhones(context, [], staffNumbers(input));
      return toStaffResponse(await directory.createStaff(input, context.principal, context.write));
    }),

    updateStaff: rpcWithStored(
      staffInput,
      {
        judge: ({ companyId, phone = "" }, { principal }) => {
          const rules = phoneRulesOf(principal, companyId);
          const given = { phone: judgedNumber(phone, rules.country) };
          return (stored?: Staff) => numberViolations(staffNumbers(given, stored), rules);
        },
        read: (request, { principal, signal }) => getStaff(request.id, principal, signal),
      },
      async ({ target, change }, context) => {
        warnOfPhones(context, [], staffNumbers(change));
        return toStaffResponse(await directory.updateStaff(target, change, context.principal, context.write));
      },
    ),

    archiveStaff: staff.archive,
    restoreStaff: staff.restore,
  };
}

function toBusinessResponse(business: Business) {
  return { business: toProtoBusiness(business) };
}

function toStaffResponse(staff: Staff) {
  return { staff: toProtoStaff(staff) };
}

/**
 * Whether the request changes fields that only the operator can set. This permission is checked before anything else.
 */
function setsTerms({ enterpriseId, maxCustomers, clearMaxCustomers }: UpdateCompanyRequest): boolean {
  return enterpriseId !== undefined || maxCustomers !== undefined || clearMaxCustomers;
}
