import { freshName } from "../support/new-setting.js";
import type { TestServer } from "../support/server.js";
import type { Reading } from "./texts.js";

const companyId = "cmp_a";

/** Makes an entry of a settings list and returns its id. */
export type MakeEntry = (server: TestServer) => Promise<string>;
/** The ids of the entries in use, in their order. */
export type ReadOrder = (server: TestServer) => Promise<readonly string[]>;

export interface SettingList {
  readonly make: MakeEntry;
  readonly order: ReadOrder;
  readonly texts: { reading(): Reading };
}

export function idsOf(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id);
}

/** Of an RPC that renames an entry. */
export function rename(id: string, foreignId: string, make: MakeEntry) {
  return {
    request: { companyId, id, name: "Renamed" },
    foreignIds: { id: foreignId },
    async repeat(server: TestServer) {
      const made = await make(server);
      return {
        good: { companyId, id: made, name: freshName() },
        other: { companyId, id: made, name: freshName() },
        bad: { companyId, id: "none_z", name: "x" },
      };
    },
  };
}

/** Of an RPC that needs an entry's id alone, and changes one that `make` makes. */
export function change(id: string, foreignId: string, make: MakeEntry) {
  return { request: { companyId, id }, foreignIds: { id: foreignId }, repeat: onEntry(make) };
}

export function onEntry(make: MakeEntry) {
  return async (server: TestServer) => ({
    good: { companyId, id: await make(server) },
    other: { companyId, id: await make(server) },
    bad: { companyId, id: "none_z" },
  });
}

/** Two names, and an id that is taken. */
export function creation(taken: string) {
  return async () => ({
    good: { companyId, name: freshName() },
    other: { companyId, name: freshName() },
    bad: { companyId, name: freshName(), id: taken },
  });
}

/** Of an RPC that orders a list: the order that it has, and two others. */
export function reorder(make: MakeEntry, order: ReadOrder) {
  return {
    request: async (server: TestServer) => ({ companyId, ids: [...(await order(server))] }),
    async repeat(server: TestServer) {
      await make(server);
      await make(server);
      const ids = [...(await order(server))];
      const [first = "", ...rest] = ids;
      return {
        good: { companyId, ids: ids.toReversed() },
        other: { companyId, ids: [...rest, first] },
        bad: { companyId, ids: ["none_z"] },
      };
    },
  };
}

/** Makes entries that are archived. */
export function archivedBy(make: MakeEntry, archive: (server: TestServer, id: string) => Promise<unknown>): MakeEntry {
  return async (server) => {
    const id = await make(server);
    await archive(server, id);
    return id;
  };
}
