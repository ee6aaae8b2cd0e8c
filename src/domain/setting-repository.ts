import type { FieldDefinition, RelationTarget } from "./custom-fields.js";
import type { ReferralSource } from "./customer.js";
import type { Tag } from "./tags.js";

export interface SettingRepository {
  listTags(companyId: string, showArchived: boolean, signal: AbortSignal): Promise<readonly Tag[]>;
  listReferralSources(
    companyId: string,
    showArchived: boolean,
    signal: AbortSignal,
  ): Promise<readonly ReferralSource[]>;
}

export interface CustomFieldRepository {
  /** Definitions for customers or for leads, archived ones included. */
  definitions(
    companyId: string,
    association: "CUSTOMER" | "LEAD",
    signal: AbortSignal,
  ): Promise<readonly FieldDefinition[]>;
  /** Codes whose target does not exist in the company. */
  missingRelations(
    companyId: string,
    targets: readonly RelationTarget[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
