import type { DescMethod } from "@bufbuild/protobuf";
import type { Tables } from "../../src/demo/demo-directory.js";
import { apiKeys } from "./api-keys.js";
import { audit } from "./audit.js";
import { callers } from "./callers.js";
import { cards } from "./cards.js";
import { catalog } from "./catalog.js";
import { consent } from "./consent.js";
import { customFields } from "./custom-fields.js";
import { customerAdmin } from "./customer-admin.js";
import { customerBatches } from "./customer-batches.js";
import { customerNotes } from "./customer-notes.js";
import { customerSettingLists } from "./customer-setting-lists.js";
import { customerUpserts } from "./customer-upserts.js";
import { customers } from "./customers.js";
import { directory } from "./directory.js";
import { duplicates } from "./duplicates.js";
import type { RpcEntry } from "./entry.js";
import { externalApis } from "./external-apis.js";
import { ivrFlows } from "./ivr-flows.js";
import { leadBatches } from "./lead-batches.js";
import { leadNotes } from "./lead-notes.js";
import { leadUpserts } from "./lead-upserts.js";
import { leads } from "./leads.js";
import { merges } from "./merges.js";
import { nameOf } from "./method.js";
import { packageBatches } from "./package-batches.js";
import { packageTemplates } from "./package-templates.js";
import { packageUpserts } from "./package-upserts.js";
import { packages } from "./packages.js";
import { petBatches } from "./pet-batches.js";
import { petSettingLists } from "./pet-setting-lists.js";
import { petUpserts } from "./pet-upserts.js";
import { pets } from "./pets.js";
import { vipLevels } from "./vip-levels.js";

/**
 * One entry for each RPC of the contract; all-entries.test.ts fails if one is missing or doubled. A resource comes after
 * those whose rows its own rows refer to.
 */
export const rpcEntries: readonly RpcEntry[] = [
  ...directory,
  ...customers,
  ...customerNotes,
  ...customerAdmin,
  ...customerBatches,
  ...customerUpserts,
  ...leadUpserts,
  ...petUpserts,
  ...merges,
  ...duplicates,
  ...leads,
  ...leadNotes,
  ...leadBatches,
  ...apiKeys,
  ...pets,
  ...petBatches,
  ...customerSettingLists,
  ...petSettingLists,
  ...customFields,
  ...catalog,
  ...packages,
  ...packageBatches,
  ...packageUpserts,
  ...packageTemplates,
  ...consent,
  ...cards,
  ...audit,
  ...callers,
  ...vipLevels,
  ...externalApis,
  ...ivrFlows,
];

export function entryOf(method: DescMethod): RpcEntry {
  const found = rpcEntries.find((one) => one.method === method);
  if (!found) throw new Error(`${nameOf(method)} has no entry`);
  return found;
}

/** Every way to walk a paged list. */
export const walks = rpcEntries.flatMap((entry) => entry.walks);

/** The rows that the walks need, in the order in which they can be inserted. */
export const walkTables: Tables = rpcEntries.flatMap(({ rows }) => rows);
