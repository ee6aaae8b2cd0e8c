import type { Address } from "../../core/address.js";
import { type DuplicatePolicy, defaultDuplicatePolicy, duplicatePolicies } from "../../core/possible-duplicate.js";
import type { Business, Company, Staff } from "./directory.model.js";

export interface CompanyRow {
  readonly id: string;
  /** A string in node-postgres, a bigint in Prisma. */
  readonly raw_id: string | bigint;
  readonly name: string;
  readonly country: string;
  readonly time_zone: string;
  readonly enterprise_id: string | null;
  readonly max_customers: number | null;
  readonly upcoming_appointments_url_template: string | null;
  readonly refuses_doubtful_phones: boolean;
  readonly duplicate_policy: number;
  readonly version: string | bigint;
}

export interface BusinessRow {
  readonly company_id: string;
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly business_phone: string;
  readonly email: string;
  readonly address: Address | null;
  readonly website: string;
  readonly facebook: string;
  readonly instagram: string;
  readonly yelp: string;
  readonly google: string;
  readonly archived_time: Date | null;
  readonly version: string | bigint;
}

export interface StaffRow {
  readonly company_id: string;
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly role_id: string | null;
  readonly role_name: string;
  readonly hired_time: Date | null;
  readonly working_business_ids: readonly string[];
  readonly mobile_van_id: string;
  readonly archived_time: Date | null;
  readonly version: string | bigint;
}

export function toCompany(row: CompanyRow): Company {
  return {
    id: row.id,
    rawId: BigInt(row.raw_id),
    name: row.name,
    country: row.country,
    timeZone: row.time_zone,
    ...(row.enterprise_id === null ? {} : { enterpriseId: row.enterprise_id }),
    ...(row.max_customers === null ? {} : { maxCustomers: row.max_customers }),
    ...(row.upcoming_appointments_url_template === null
      ? {}
      : { upcomingAppointmentsUrlTemplate: row.upcoming_appointments_url_template }),
    refusesDoubtfulPhones: row.refuses_doubtful_phones,
    duplicatePolicy: duplicatePolicies.wordOf(row.duplicate_policy) ?? defaultDuplicatePolicy,
  };
}

/** The words of a company as its columns have them. */
export function companyColumns<Fields extends { readonly duplicatePolicy?: DuplicatePolicy }>({
  duplicatePolicy,
  ...same
}: Fields) {
  return { ...same, ...(duplicatePolicy ? { duplicatePolicy: duplicatePolicies.numberOf(duplicatePolicy) } : {}) };
}

export function toBusiness(row: BusinessRow): Business {
  const { id, name, avatar, phone, email, address, website, facebook, instagram, yelp, google } = row;
  return {
    companyId: row.company_id,
    ...{ id, name, avatar, phone, businessPhone: row.business_phone, email },
    ...(address ? { address } : {}),
    ...{ website, facebook, instagram, yelp, google },
    archived: row.archived_time !== null,
  };
}

export function toStaff(row: StaffRow): Staff {
  return {
    companyId: row.company_id,
    id: row.id,
    firstName: row.first_name,
    lastName: row.last_name,
    avatar: row.avatar,
    phone: row.phone,
    email: row.email,
    ...(row.role_id === null ? {} : { role: { id: row.role_id, name: row.role_name } }),
    ...(row.hired_time ? { hiredTime: row.hired_time } : {}),
    workingBusinessIds: row.working_business_ids,
    mobileVanId: row.mobile_van_id,
    archived: row.archived_time !== null,
  };
}
