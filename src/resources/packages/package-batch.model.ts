import type { BatchResult } from "../../core/batch.js";
import type { Refusals } from "../../core/batch-items.js";
import type { DomainError } from "../../core/errors.js";
import type { ImportEntries } from "../../core/import-entry.js";
import type { IdempotencyClaim, WriteContext } from "../../core/write.js";
import type { PackageDetail } from "./package.model.js";
import type { RequestedSale, SaleFacts, SoldPackage } from "./package-sale.model.js";

/** A sale of a batch, valid by itself. */
export interface SaleItem {
  readonly sale: RequestedSale;
}

/** What the sales of a batch refer to, and which of the ids that they state are taken. */
export interface BatchFacts extends SaleFacts {
  readonly takenIds: ReadonlySet<string>;
  /** Of items of packages. */
  readonly takenLineIds: ReadonlySet<string>;
  /** The packages that have the external ids, by `externalIdKey`. */
  readonly takenExternalIds: ReadonlyMap<string, string>;
  /** Customers that were merged into others, which the API key can access. */
  readonly merged: ReadonlyMap<string, string>;
}

/** A batch within its transaction. */
export interface SaleBatchUnit {
  /** Timestamp of the sales, by the clock of the database. */
  readonly now: Date;
  /** What earlier requests stored for items, by position. They are not stored again. */
  readonly replayed: ReadonlyMap<number, string>;
  readonly refused: Refusals;
  readonly recordBytes: number;
  ask(sales: readonly RequestedSale[]): Promise<BatchFacts>;
}

/** What the rules decide about a batch, by the positions of its items. */
export interface SaleBatchDecision {
  readonly stored: ReadonlyMap<number, SoldPackage>;
  readonly refused: ReadonlyMap<number, DomainError>;
}

/** The locations of the API key. Absent means the whole company. */
interface Reach {
  readonly companyId: string;
  readonly businessIds?: readonly string[];
}

export interface SaleBatch extends Reach {
  /** Number of items. */
  readonly size: number;
  readonly claims: ReadonlyMap<number, IdempotencyClaim>;
  /** Of an import by the `moego` command: what is stored with each new record. */
  readonly imported?: ImportEntries | undefined;
}

export interface PackagesById extends Reach {
  readonly ids: readonly string[];
}

export interface PackageBatchRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  sell(
    batch: SaleBatch,
    write: WriteContext,
    decide: (unit: SaleBatchUnit) => Promise<SaleBatchDecision>,
  ): Promise<readonly BatchResult[]>;
  /** The refusals that `sell` would return, by position. Stores nothing. */
  judge(
    batch: SaleBatch,
    write: WriteContext,
    decide: (unit: SaleBatchUnit) => Promise<SaleBatchDecision>,
  ): Promise<ReadonlyMap<number, DomainError>>;
  /** The packages of one company with these ids, in any order. */
  find(query: PackagesById, signal: AbortSignal): Promise<readonly PackageDetail[]>;
}
