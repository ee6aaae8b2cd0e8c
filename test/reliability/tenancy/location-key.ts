import { fixtureKey } from "../../support/fixture-keys.js";
import { tenant } from "./neighbour.js";

/** A key of one other location of the tenant than most of its rows have. */
export const locationKey = fixtureKey("key_loc", [{ type: "BUSINESS", companyId: tenant, id: "biz_a2" }]);
