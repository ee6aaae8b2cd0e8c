import type { BatchResult } from "../../core/batch.js";
import type { ExternalId } from "../../core/external-id.js";
import type { MatchKeys, PlacedKeys, PlannedRecord, UpsertDecision } from "../../core/upsert.js";
import type { FoundRecords } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import type { PackageDetail } from "./package.model.js";
import type { SaleBatch, SaleBatchUnit, SaleItem } from "./package-batch.model.js";
import type { SoldPackage } from "./package-sale.model.js";

/** An item of an upsert, valid by itself. Its sale has every key. */
export interface PackageUpsertItem extends SaleItem {
  readonly keys: MatchKeys;
}

/** A package that was found and locked. */
export interface FoundPackage {
  readonly id: string;
  readonly version: bigint;
  readonly detail: PackageDetail;
  /** Whether the principal can access its location. */
  readonly isSeen: boolean;
}

/** What an upsert adds to a package that exists. */
export interface PlannedPackage extends PlannedRecord<FoundPackage> {
  readonly addedExternalIds: readonly ExternalId[];
}

/** A batch of upserts within its transaction. */
export interface PackageUpsertUnit extends SaleBatchUnit {
  /** Finds the packages that match, and locks them. Customers are locked before packages: `ask` comes first. */
  find(keys: readonly PlacedKeys[]): Promise<FoundRecords<FoundPackage>>;
}

/** What becomes of the items of a batch, by position. */
export type PackageUpsertDecision = UpsertDecision<SoldPackage, PlannedPackage, FoundPackage>;

export interface PackageUpsertRepository {
  /** Stores what `decide` decides. It decides again if a concurrent request was faster. */
  store(
    batch: SaleBatch,
    write: WriteContext,
    decide: (unit: PackageUpsertUnit) => Promise<PackageUpsertDecision>,
  ): Promise<readonly BatchResult[]>;
}
