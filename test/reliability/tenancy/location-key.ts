import { fixtureKey } from "../../support/fixture-keys.js";
import { neighbour, tenant } from "./neighbour.js";

/** A key of one other location of the tenant than most of its rows have. */
export const locationKey = fixtureKey("key_loc", [{ type: "BUSINESS", companyId: tenant, id: "biz_a2" }]);

/** One location of the tenant, and all of the neighbour: what the neighbour has grants nothing at the tenant's. */
export const keyOfBoth = fixtureKey("key_mixed", [
  { type: "BUSINESS", companyId: tenant, id: "biz_a2" },
  { type: "COMPANY", id: neighbour },
]);
