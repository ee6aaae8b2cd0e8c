import { rpcEntries } from "../resources/all-entries.js";
import type { WriteKind } from "./write-kind.js";

/** Writes in one statement and in transactions, of every part of the service. */
export const writeKinds: readonly WriteKind[] = rpcEntries.flatMap(({ method, once }) =>
  once ? [{ ...once, name: method.name }] : [],
);
