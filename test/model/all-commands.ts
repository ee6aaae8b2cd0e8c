import fc from "fast-check";
import { archiveCustomer, archiveLead, removeTags, restoreCustomer, restoreLead } from "./archive-commands.js";
import { type Command, retry } from "./command.js";
import { createCustomer } from "./create-customer.js";
import { appendNotes, appendTags, deleteNote, getCustomer, updateNote } from "./customer-commands.js";
import { createLead, getLead, promoteLead } from "./lead-commands.js";
import { listCustomers, listLeads, listNotes, listTags } from "./list-commands.js";
import {
  adjustPackage,
  listPackageDetails,
  listPackages,
  redeemPackage,
  refundPackage,
  restorePackage,
  sellPackage,
  withdrawPackage,
} from "./package-commands.js";
import { archiveTag, restoreTag } from "./tag-commands.js";
import { updateCustomer } from "./update-customer.js";
import { updateLead } from "./update-lead.js";

type Weighted = readonly (readonly [weight: number, command: fc.Arbitrary<Command>])[];

const customers: Weighted = [
  ...([
    [5, createCustomer],
    [5, updateCustomer],
    [1, getCustomer],
    [2, listCustomers],
  ] as const),
  ...([
    [2, appendNotes],
    [1, updateNote],
    [1, deleteNote],
    [1, listNotes],
  ] as const),
  ...([
    [2, appendTags],
    [1, removeTags],
    [1, listTags],
    [1, archiveTag],
    [1, restoreTag],
    [2, archiveCustomer],
    [1, restoreCustomer],
  ] as const),
];
const leads: Weighted = [
  ...([
    [4, createLead],
    [4, updateLead],
    [1, getLead],
    [4, promoteLead],
    [2, listLeads],
  ] as const),
  ...([
    [1, archiveLead],
    [1, restoreLead],
  ] as const),
];
const packages: Weighted = [
  ...([
    [5, sellPackage],
    [6, redeemPackage],
    [4, refundPackage],
    [2, adjustPackage],
    [1, withdrawPackage],
    [1, restorePackage],
  ] as const),
  ...([
    [2, listPackages],
    [2, listPackageDetails],
  ] as const),
];
const lists: Weighted = [
  [3, listCustomers],
  [3, listLeads],
  [1, updateCustomer],
  [1, updateLead],
  [1, createCustomer],
  [1, createLead],
];
const retries: Weighted = [[3, retry(getCustomer)]];

function anyOf(...lists: readonly Weighted[]): fc.Arbitrary<Command> {
  return fc.oneof(...lists.flat().map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** Commands after some that give them something to work on. */
function sequence(first: readonly fc.Arbitrary<Command>[], others: fc.Arbitrary<Command>): fc.Arbitrary<Command[]> {
  const rest = fc.array(others, { minLength: 4, maxLength: 11, size: "max" });
  return fc.tuple(fc.tuple(...first), rest).map(([begun, list]) => [...begun, ...list]);
}

/** One sequence: which kind of company it runs in, and its commands; most stay with one matter, so that they go deep. */
export const sequences = fc.record({
  isLimited: fc.boolean(),
  commands: fc.oneof(
    sequence([createCustomer], anyOf(customers, retries)),
    sequence(
      [createLead],
      anyOf(leads, retries, [
        [2, updateCustomer],
        [1, archiveCustomer],
        [1, listCustomers],
      ]),
    ),
    sequence([createCustomer, sellPackage], anyOf(packages, retries, [[1, archiveCustomer]])),
    sequence([createCustomer, createLead, createCustomer, createLead, createCustomer], anyOf(lists)),
    sequence([], anyOf(customers, leads, packages, retries)),
  ),
});
