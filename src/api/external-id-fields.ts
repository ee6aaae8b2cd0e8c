import { z } from "zod";
import { externalIdKey, inExternalIdOrder, maxExternalIds } from "../core/external-id.js";
import { lineRule } from "../core/text.js";
import { list, text } from "./fields.js";
import { customIssue } from "./parse.js";

const systemFormat = "Must be 1 to 64 characters from A-Z, a-z, 0-9, `_`, `.` and `-`.";

const system = z.string().superRefine((value, context) => {
  if (value === "") context.addIssue(customIssue("REQUIRED", "Required."));
  else if (!/^[A-Za-z0-9_.-]{1,64}$/.test(value)) context.addIssue(customIssue("INVALID_FORMAT", systemFormat));
});

/** The id of a record in another system. */
export const externalId = z.object({ system, id: text({ ...lineRule, min: 1 }) });

/** The external ids of a record, in the order of responses. */
export const externalIds = list(externalId, maxExternalIds)
  .superRefine((ids, context) => {
    const keys = ids.map(externalIdKey);
    for (const [position, key] of keys.entries()) {
      if (keys.indexOf(key) === position) continue;
      context.addIssue({ ...customIssue("DUPLICATE_FIELD", "Must be unique in the list."), path: [position] });
    }
  })
  .transform(inExternalIdOrder);
