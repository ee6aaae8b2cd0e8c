import type { Address } from "../../core/address.js";

export interface Company {
  readonly id: string;
  readonly rawId: bigint;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA time zone id. */
  readonly timeZone: string;
  readonly enterpriseId?: string;
  readonly maxCustomers?: number;
  readonly upcomingAppointmentsUrlTemplate?: string;
}

export interface Business {
  readonly companyId: string;
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly businessPhone: string;
  readonly email: string;
  readonly address?: Address;
  readonly website: string;
  readonly facebook: string;
  readonly instagram: string;
  readonly yelp: string;
  readonly google: string;
  readonly archived: boolean;
}

export interface Staff {
  readonly companyId: string;
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly role?: { readonly id: string; readonly name: string };
  readonly hiredTime?: Date;
  readonly workingBusinessIds: readonly string[];
  readonly mobileVanId: string;
  readonly archived: boolean;
}
