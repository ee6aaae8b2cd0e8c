import type { SeedData } from "../db/migrate/seed.js";
import { callerTables, demoEcho, externalApiTables, ivrFlowTables } from "./demo-call-center.js";
import { customerTables } from "./demo-customers.js";
import { businesses, companies, demoCompanyIds, staff } from "./demo-directory.js";
import { type DemoSecrets, demoKeyIds, keyTables, secretRows, withheldScopes } from "./demo-keys.js";
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

/**
 * Two companies with every id shown in the MoeGo API reference.
 *
 * @param echoUrl URL of the demo echo
 */
export function demoData(secrets: DemoSecrets, echoUrl = "http://127.0.0.1:8080/demo/echo"): SeedData {
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
    withheldScopes,
    echo: { ...demoEcho, url: echoUrl },
  };
}
