import { apiKeyRepeatables } from "./api-key-fixtures.js";
import { callerRepeatables } from "./caller-fixtures.js";
import { customerRepeatables } from "./customer-repeatables.js";
import { directoryAdminRepeatables } from "./directory-admin-fixtures.js";
import { externalApiRepeatables } from "./external-api-fixtures.js";
import { ivrFlowRepeatables } from "./ivr-flow-fixtures.js";
import { leadRepeatables } from "./lead-fixtures.js";
import { packageRepeatables } from "./package-fixtures.js";
import { petRepeatables } from "./pet-repeatables.js";
import { recordRepeatables } from "./record-repeatables.js";
import type { Repeatable } from "./repeatable.js";
import { settingRepeatables } from "./setting-repeatables.js";

/** One for every rpc that writes; test/rpc/idempotency.test.ts holds it to that. */
export const repeatables: readonly Repeatable[] = [
  ...customerRepeatables,
  ...directoryAdminRepeatables,
  ...apiKeyRepeatables,
  ...leadRepeatables,
  ...petRepeatables,
  ...settingRepeatables,
  ...packageRepeatables,
  ...recordRepeatables,
  ...callerRepeatables,
  ...externalApiRepeatables,
  ...ivrFlowRepeatables,
];
