import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { NamedEntry } from "../setting-lists/setting.model.js";

/** Third-party systems in which a customer can have an account (MoeGo API reference, `thirdAccountId`). */
export const accountKinds = enumeration(
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
);

export type AccountKind = WordOf<typeof accountKinds>;

export const genders = enumeration("MALE", "FEMALE");

/** "" means unknown. */
export type Gender = "" | WordOf<typeof genders>;

/** An entry of the company's list of VIP levels. */
export type VipLevel = NamedEntry;

/** Call-center data of a customer. Empty strings mean unknown. */
export interface CallerProfile {
  readonly companyId: string;
  readonly customerId: string;
  readonly nickname: string;
  readonly gender: Gender;
  /** Absent means none. It may have been archived in the meantime. */
  readonly vipLevel?: VipLevel;
  readonly blacklisted: boolean;
  readonly enterpriseName: string;
  /** In the order given. */
  readonly visitorIds: readonly string[];
  readonly assignedStaffId?: string;
  /** At most one of each kind. */
  readonly accounts: Readonly<Partial<Record<AccountKind, string>>>;
  /** Version of the customer. */
  readonly version: bigint;
}

/** Maximum number of visitor ids per customer. */
export const maxVisitorIds = 50;
