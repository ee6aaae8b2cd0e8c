import { id, optionalClientId } from "./fields.js";

/** An id to keep for what is moved here from elsewhere; none = the server makes one. */
export const importedId = optionalClientId.transform((value) => value || undefined);

/** Company and id of what is created. */
export const newResourceFields = { companyId: id, id: importedId };
