import {
  accountKinds,
  type CallerProfile,
  genders,
  type ProfileValues,
  type VipLevel,
} from "./caller-profile.model.js";

/** The profile of `customer AS c`, as selected by `profileColumns`. */
export interface ProfileRow {
  readonly profile: ProfileJson | null;
  /** Account ids by number of their kind. */
  readonly accounts: Readonly<Record<string, string>> | null;
}

/** The columns of customer_profile, and the VIP level. */
interface ProfileJson {
  readonly nickname: string;
  readonly gender: number;
  readonly blacklisted: boolean;
  readonly enterprise_name: string;
  readonly visitor_ids: readonly string[];
  readonly vip_level: VipLevel | null;
}

/** Profile and accounts of `customer AS c`, aggregated in the same statement. */
export const profileColumns = `(SELECT json_build_object('nickname', p.nickname, 'gender', p.gender,
    'blacklisted', p.blacklisted, 'enterprise_name', p.enterprise_name, 'visitor_ids', p.visitor_ids,
    'vip_level', (SELECT json_build_object('id', v.id, 'name', v.name, 'archived', v.archived_time IS NOT NULL)
      FROM vip_level v WHERE v.company_id = p.company_id AND v.id = p.vip_level_id))
    FROM customer_profile p WHERE p.company_id = c.company_id AND p.customer_id = c.id) AS profile,
  (SELECT json_object_agg(o.kind, o.account_id)
    FROM customer_account o WHERE o.company_id = c.company_id AND o.customer_id = c.id) AS accounts`;

/** The part of a profile that the customer row contains. */
export interface ProfiledCustomer {
  readonly companyId: string;
  readonly id: string;
  readonly version: bigint;
  readonly assignedStaffId?: string;
}

export function toProfile(row: ProfileRow, customer: ProfiledCustomer): CallerProfile {
  const { companyId, id: customerId, version, assignedStaffId } = customer;
  const staff = assignedStaffId === undefined ? {} : { assignedStaffId };
  return { companyId, customerId, version, ...staff, ...toProfileValues(row) };
}

export function toProfileValues({ profile, accounts }: ProfileRow): ProfileValues {
  return {
    nickname: profile?.nickname ?? "",
    gender: genders.wordOf(profile?.gender ?? 0) ?? "",
    ...(profile?.vip_level ? { vipLevel: profile.vip_level } : {}),
    blacklisted: profile?.blacklisted ?? false,
    enterpriseName: profile?.enterprise_name ?? "",
    visitorIds: profile?.visitor_ids ?? [],
    accounts: Object.fromEntries(
      Object.entries(accounts ?? {}).map(([kind, id]) => [accountKinds.wordOf(Number(kind)), id]),
    ),
  };
}
