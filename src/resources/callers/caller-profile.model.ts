import type { NamedEntry } from "../setting-lists/setting.model.js";

/** The systems in which a customer can have an account (document 004, `thirdAccountId`), by their numbers in the contract. */
export const accountKinds = [
  "PARTNER",
  "WX_UNION",
  "WX_OPEN",
  "WX_EXTERNAL_USER",
  "WHATSAPP",
  "FACEBOOK",
  "INSTAGRAM",
  "LINE",
  "TELEGRAM",
  "DISCORD",
] as const;

export type AccountKind = (typeof accountKinds)[number];

/** "" = not known. */
export type Gender = "" | "MALE" | "FEMALE";

/** One step of a company's list of VIP levels. */
export type VipLevel = NamedEntry;

/** What a call centre knows of a customer beyond the customer itself. Empty strings stand for "not known". */
export interface CallerProfile {
  readonly companyId: string;
  readonly customerId: string;
  readonly nickname: string;
  readonly gender: Gender;
  /** Absent = no VIP. It may have been archived since. */
  readonly vipLevel?: VipLevel;
  readonly blacklisted: boolean;
  readonly enterpriseName: string;
  /** In the order they were given. */
  readonly visitorIds: readonly string[];
  readonly assignedStaffId?: string;
  /** At most one of each kind. */
  readonly accounts: Readonly<Partial<Record<AccountKind, string>>>;
  /** Of the customer. */
  readonly version: bigint;
}

/** Most visitor ids of a customer. */
export const maxVisitorIds = 50;
