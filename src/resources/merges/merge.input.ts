import { z } from "zod";
import { companyResourceSchema, etag, fieldRule, id, optionalId } from "../../api/fields.js";
import { pagination } from "../../api/page-token.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { FieldChoiceSchema } from "../../gen/proto/moego/admin/v1/merge_service_pb.js";
import { accountKinds } from "../callers/caller-profile.model.js";
import { type FieldChoice, fieldChoices } from "./merge.model.js";
import {
  accountPrefix,
  customerPaths,
  customFieldPrefix,
  firstPaths,
  listPaths,
  profilePaths,
} from "./merge-plan.service.js";

export const fieldChoice = protoEnum(FieldChoiceSchema, fieldChoices);

/** More than all paths of a customer with its custom fields. */
const maxChoices = 500;

const paths: ReadonlySet<string> = new Set([
  ...[...Object.keys(customerPaths), ...Object.keys(profilePaths), ...listPaths, ...firstPaths],
  ...accountKinds.words.map((kind) => accountPrefix + kind),
]);

function isPath(path: string): boolean {
  return paths.has(path) || (path.startsWith(customFieldPrefix) && path.length > customFieldPrefix.length);
}

const choices = z.record(z.string(), z.number()).transform((given, context) => {
  const entries = Object.entries(given);
  if (entries.length > maxChoices) {
    context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxChoices} entries.`));
    return z.NEVER;
  }
  const chosen = new Map<string, FieldChoice>();
  if (!entries.every(([path]) => isPath(path))) {
    context.addIssue(customIssue("UNKNOWN_FIELD", "Must have only paths that MergeCustomersRequest documents."));
  }
  if (!entries.every(([, number]) => number === 0 || fieldChoices.wordOf(number) !== undefined)) {
    context.addIssue(customIssue("NOT_ALLOWED", "Must have only values of FieldChoice."));
  }
  for (const [path, number] of entries) {
    const choice = fieldChoices.wordOf(number);
    if (choice) chosen.set(path, choice);
  }
  return chosen;
});

const twoRecords = companyResourceSchema.extend({ fromId: id, choices });

const notItself = fieldRule<{ readonly id: string; readonly fromId: string }>(
  (input) => input.id !== input.fromId || input.id === "",
  { path: "fromId", reason: "CONFLICT", message: "Must not be the survivor." },
);

export const mergePreview = twoRecords.refine(...notItself);
export const mergeOfCustomers = twoRecords.extend({ etag, fromEtag: etag }).refine(...notItself);
export const mergeToUndo = z.object({ companyId: id, mergeId: id });
export const mergesQuery = z.object({
  ...{ companyId: id, pagination },
  customerId: optionalId.transform((value) => value || undefined),
});
