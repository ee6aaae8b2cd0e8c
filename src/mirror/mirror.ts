import { setTimeout as sleep } from "node:timers/promises";
import type { MirroredKind, MirrorRepository } from "../resources/mirrors/mirror.model.js";
import type { Gate } from "./gate.js";
import type { MirrorContext } from "./mirror-context.js";
import { createPasses, type Passes, type WalkedKind } from "./mirror-pass.js";
import { createRecordStore, type Found, type RecordStore } from "./record-store.js";
import { createReferences } from "./references.js";
import type { MirrorReport } from "./report.js";
import { type Source, SourceError } from "./source.js";

export interface Mirror {
  /** Everything once, then what changed since, until a pass finds nothing. */
  once(): Promise<void>;
  /** Passes by change, until the signal aborts. */
  follow(): Promise<void>;
  /** Compares everything. Differences that a living source explains are read again. */
  verify(): Promise<Verification>;
}

export interface Verification {
  /** What still differs after the last comparison. */
  readonly found: readonly Found[];
  readonly counts: readonly VerifiedCount[];
}

interface VerifiedCount {
  readonly kind: WalkedKind;
  readonly inSource: number;
  /** Records that the source has, and that are stored here. */
  readonly here: number;
  /** Records that are only here. */
  readonly more: readonly string[];
}

interface MirrorOptions {
  readonly source: Source;
  readonly context: MirrorContext;
  readonly repository: MirrorRepository;
  readonly report: MirrorReport;
  /** Transactions at the same time, of all companies. */
  readonly gate: Gate;
  readonly signal: AbortSignal;
  /** Between two passes by change. */
  readonly intervalMs: number;
  onPage(): void;
  /** A source that is not reachable while it is followed. */
  onTrouble(text: string): void;
}

/** Customers before what they own. */
const kinds: readonly WalkedKind[] = ["customer", "lead", "pet", "package"];

/** A living source always has changes: the mirror of one moment ends after so many passes. */
const maxPasses = 20;
const maxComparisons = 3;
/** What only a comparison of everything finds: changes here, and records that left the source without a trace. */
const wholeEveryMs = 24 * 3_600_000;

export function createMirror(options: MirrorOptions): Mirror {
  const { repository, report, signal, intervalMs, onTrouble } = options;
  const store = createRecordStore(options);
  const passes = createPasses({ ...options, store, references: createReferences(repository) });
  const pass = (isWhole: boolean) => onePass(passes, store, isWhole);

  async function once(): Promise<void> {
    await pass(true);
    for (let count = 0; count < maxPasses && report.takeWritten() > 0; count += 1) await pass(false);
  }

  return {
    once,

    async follow() {
      let wholeAt = 0;
      for (let troubles = 0; !signal.aborted; ) {
        try {
          const isWhole = Date.now() - wholeAt >= wholeEveryMs;
          await pass(isWhole);
          if (isWhole) wholeAt = Date.now();
          troubles = 0;
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof SourceError) || isFinal(error)) throw error;
          troubles += 1;
          onTrouble(`${error.message}. The mirror continues when the source answers.`);
        }
        const waitMs = Math.min(600_000, intervalMs * 2 ** Math.min(troubles, 10));
        await sleep(waitMs, undefined, { signal }).catch(() => {});
      }
    },

    async verify() {
      let former: ReadonlySet<string> | undefined;
      for (let count = 1; ; count += 1) {
        const verification = await comparison(passes, repository);
        // Only what differed before as well: the rest changed in the meantime.
        const found = verification.found.filter((one) => former?.has(keyOf(one)) ?? true);
        if (found.length === 0 || count === maxComparisons) return { ...verification, found };
        former = new Set(verification.found.map(keyOf));
        await pass(false);
      }
    },
  };
}

async function onePass(passes: Passes, store: RecordStore, isWhole: boolean): Promise<void> {
  await passes.settings();
  for (const kind of kinds) await passes.records(kind, isWhole);
  if (!store.isWaiting()) return;
  // It may refer to settings that are newer than the lists that were read.
  await passes.settings();
  await store.retry();
}

/** A key that is refused stays refused. */
function isFinal({ status }: SourceError): boolean {
  return status === 401 || status === 403;
}

function keyOf({ kind, id }: { readonly kind: MirroredKind; readonly id: string }): string {
  return `${kind} ${id}`;
}

async function comparison(passes: Passes, repository: MirrorRepository): Promise<Verification> {
  const found: Found[] = [];
  const counts: VerifiedCount[] = [];
  const petsOfLeads = new Set<string>();
  for (const kind of kinds) {
    const compared = await passes.differences(kind);
    found.push(...compared.found);
    for (const id of compared.petIds) petsOfLeads.add(id);
    const ids = kind === "pet" ? new Set([...compared.ids, ...petsOfLeads]) : compared.ids;
    let here = 0;
    const more: string[] = [];
    for (let after = ""; ; ) {
      const stored = await repository.ids(kind, after, 1_000);
      for (const id of stored) {
        if (ids.has(id)) here += 1;
        else more.push(id);
      }
      if (stored.length === 0) break;
      after = stored.at(-1) ?? "";
    }
    counts.push({ kind, inSource: ids.size, here, more });
  }
  return { found, counts };
}
