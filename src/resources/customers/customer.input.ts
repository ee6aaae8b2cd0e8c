import { z } from "zod";
import { id, list, optionalId } from "../../api/fields.js";
import { customIssue } from "../../api/parse.js";
import { normalise, tagNameRule, textFault } from "../../core/text.js";
import { maxTagsPerCustomer, type TagReference } from "../setting-lists/tag.model.js";

/** `{id}` refers to an existing tag, other members are ignored. `{name}` finds or creates a tag. */
const tagReference = z
  .object({ id: optionalId, name: z.string(), group: z.string(), archived: z.boolean() })
  .transform((tag, context): TagReference => {
    if (tag.id !== "") return { id: tag.id };
    const name = normalise(tag.name, tagNameRule);
    const fault = textFault(name, tagNameRule);
    if (fault) context.addIssue({ ...customIssue(fault.reason, fault.description), path: ["name"] });
    for (const field of ["group", "archived"] as const) {
      if (tag[field])
        context.addIssue({ ...customIssue("NOT_ALLOWED", "Must not be set in this request."), path: [field] });
    }
    return { name };
  });

export const tagReferences = list(tagReference, maxTagsPerCustomer);

export const preference = z.object({
  receiveAutoMessage: z.boolean(),
  receiveAutoEmail: z.boolean(),
  subscribeToMarketingEmails: z.boolean(),
  receiveAppointmentReminder: z.boolean(),
});

/** `{id}` of a referral source. A name is ignored; a name without an id is a violation. */
export const referralSource = z.object({ id });
