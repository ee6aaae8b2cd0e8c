import { rpcEntries } from "../resources/all-entries.js";
import type { ChangingList } from "./changing-list.js";

/**
 * Lists of every order that pages go by but one: in the order of change rows move with each update, which is for those who
 * follow changes (see the tests of `lastUpdatedTime`). What goes by rank comes as a whole. ListCompanies is not among them:
 * what a key covers is remembered for 2 s, so that a company that joins its enterprise is listed only then. ListAllCompanies
 * goes by the same names.
 */
export const changingLists: readonly ChangingList[] = rpcEntries.flatMap(({ changing }) => changing ?? []);

/** The lists that go newest first and grow without end. */
export const listsByTime = changingLists.filter(({ byName }) => !byName);
