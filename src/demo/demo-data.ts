import { callerTables, demoEcho, externalApiTables, ivrFlowTables } from "./demo-call-center.js";
import { customerTables } from "./demo-customers.js";
import { businesses, companies, demoCompanyIds, type Row, staff, type Tables } from "./demo-directory.js";
import { type DemoSecrets, demoKeyIds, keyTables, secretRows } from "./demo-keys.js";
import { leadTables } from "./demo-leads.js";
import { packageTables } from "./demo-packages.js";
import {
  actionStatuses,
  customFields,
  lifeCycles,
  petCoatTypes,
  petCodes,
  petSizes,
  petTypes,
  referralSources,
  tags,
} from "./demo-settings.js";

/** Everything that the seed writes: two companies with every id shown in the MoeGo API reference. */
interface DemoData {
  /** Ids that show whether the demo data exists. */
  readonly companyIds: readonly string[];
  readonly keyIds: readonly string[];
  readonly tables: Tables;
  /**
   * The current secrets of the keys. They follow the configuration even if the other data was written long ago, until a
   * key is rotated or revoked.
   */
  readonly secrets: readonly Row[];
  /** The current echo, which follows the configuration as well. */
  readonly echo: { readonly companyId: string; readonly id: string; readonly url: string };
}

/** @param echoUrl URL of the demo echo */
export function demoData(secrets: DemoSecrets, echoUrl = "http://127.0.0.1:8080/demo/echo"): DemoData {
  return {
    companyIds: Object.values(demoCompanyIds),
    keyIds: [...demoKeyIds.values()],
    tables: [
      ["company", companies],
      ["business", businesses],
      ["staff", staff],
      ...keyTables(secrets),
      ["tag", tags],
      ["referral_source", referralSources],
      ["custom_field", customFields],
      ["life_cycle", lifeCycles],
      ["action_status", actionStatuses],
      ["pet_code", petCodes],
      ["pet_size", petSizes],
      ["pet_type", petTypes],
      ["pet_coat_type", petCoatTypes],
      ...customerTables(demoKeyIds),
      ...callerTables,
      ...externalApiTables(echoUrl),
      ...ivrFlowTables,
      ...leadTables(demoKeyIds),
      ...packageTables(demoKeyIds),
    ],
    secrets: secretRows(secrets),
    echo: { ...demoEcho, url: echoUrl },
  };
}
