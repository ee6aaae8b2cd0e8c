import fc from "fast-check";
import { rpcEntries } from "../resources/all-entries.js";
import { type Command, retry } from "./command.js";
import { createCustomer } from "./create-customer.js";
import { getCustomer } from "./customer-commands.js";
import { createLead } from "./lead-commands.js";
import type { Matter } from "./model-traits.js";
import { sellPackage } from "./package-commands.js";

type Weighted = readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Command> }[];

const retries: Weighted = [{ weight: 3, arbitrary: retry(getCustomer) }];

/** The commands of a matter, those of the RPCs whose entry gives them a weight in it. */
function about(matter: Matter): Weighted {
  return rpcEntries.flatMap(({ model }) => {
    const weight = model?.weights[matter];
    return model && weight ? [{ weight, arbitrary: model.command }] : [];
  });
}

/** Commands after some that give them something to work on. */
function sequence(first: readonly fc.Arbitrary<Command>[], others: Weighted): fc.Arbitrary<Command[]> {
  const rest = fc.array(fc.oneof(...others), { minLength: 4, maxLength: 11, size: "max" });
  return fc.tuple(fc.tuple(...first), rest).map(([begun, list]) => [...begun, ...list]);
}

/** One sequence: which kind of company it runs in, and its commands; most stay with one matter, so that they go deep. */
export const sequences = fc.record({
  isLimited: fc.boolean(),
  commands: fc.oneof(
    sequence([createCustomer], [...about("customers"), ...retries]),
    sequence([createLead], [...about("leads"), ...retries]),
    sequence([createCustomer, sellPackage], [...about("packages"), ...retries]),
    sequence([createCustomer, createLead, createCustomer, createLead, createCustomer], about("lists")),
    sequence([], [...about("customers"), ...about("leads"), ...about("packages"), ...retries]),
  ),
});
