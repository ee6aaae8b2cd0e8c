import type { Spoil } from "./find-difference.js";

/** Negative controls: what a faulty service would answer, each of which has to be found. */
export const wrongModels = {
  "loses the last name of a customer": (rpc, json) =>
    rpc === "GetCustomer" || rpc === "ListCustomers" ? json.replaceAll(/"lastName":"[^"]+"/g, '"lastName":""') : json,
  "never moves the etag": (_, json) => json.replaceAll(/"etag":"\d+"/g, '"etag":"1"'),
  "ends a list before its last page": (_, json) => json.replaceAll(/"nextPageToken":"[^"]+"/g, '"nextPageToken":""'),
  "gives a redeemed unit back by itself": (rpc, json) =>
    rpc === "RedeemPackage" ? json.replaceAll(/"remainingQuantity":0/g, '"remainingQuantity":1') : json,
  "promotes a lead without its custom fields": (rpc, json) =>
    rpc === "PromoteLead" ? json.replace(/,"customFields":\{"field.*?\}\}/, "") : json,
} as const satisfies Readonly<Record<string, Spoil>>;
