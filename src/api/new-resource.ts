import { id, optionalClientId } from "./fields.js";

/** The id to keep for a record migrated from another system. If empty, the server generates one. */
export const importedId = optionalClientId.transform((value) => value || undefined);

/** Company and id of a new resource. */
export const newResourceFields = { companyId: id, id: importedId };
