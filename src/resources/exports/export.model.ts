import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { WriteContext } from "../../core/write.js";

/** Formats of an export. */
export const exportFormats = enumeration("JSONL", "CSV");

export type ExportFormat = WordOf<typeof exportFormats>;

export interface ExportedPerson {
  readonly kind: "CUSTOMER" | "LEAD";
  readonly id: string;
}

export interface TableOfExport {
  readonly name: string;
  /** Whether it has data of one person. */
  readonly isOfPerson: boolean;
}

/** What is exported. */
export interface ExportScope {
  readonly companyId: string;
  readonly format: ExportFormat;
  /** Names of tables, in the order of the export. */
  readonly tables: readonly string[];
  readonly person?: ExportedPerson;
}

/** Where an export continues: after so many rows of a table. */
export interface ExportPosition {
  /** Index in the tables of the export. */
  readonly table: number;
  readonly rows: number;
}

/** The export that is continued. */
export interface ResumedExport extends ExportPosition {
  readonly snapshotId: string;
  readonly snapshotTime: Date;
  /** Id of its entry among the uses of API keys. */
  readonly useId: string;
}

/** Whole rows of one table in the format of the export. */
export interface ExportedRows {
  readonly bytes: Buffer;
  readonly rows: number;
}

/** One state of a company's data. */
export interface ExportReader {
  readonly snapshotId: string;
  readonly snapshotTime: Date;
  /** Whether the company, and the person if only one is exported, exist. */
  readonly isFound: boolean;
  /** The rows of a table after those that are skipped. In CSV, the names of the columns come before the first. */
  read(table: string, skippedRows: number, signal: AbortSignal): AsyncIterable<ExportedRows>;
  /** Ends the reading. If it can be continued, the state is kept for some minutes. */
  end(options: { readonly canContinue: boolean }): Promise<void>;
}

type ResumedState = Pick<ResumedExport, "snapshotId" | "snapshotTime">;

export interface ExportRepository {
  /** @throws DomainError OVERLOADED, and EXPORT_EXPIRED if the state of a resumed export has gone */
  open(scope: ExportScope, resumed: ResumedState | undefined, signal: AbortSignal): Promise<ExportReader>;
}

/** Records exports among the uses of API keys. */
export interface ExportLog {
  /** Stores that an export starts. Returns the id of the entry. */
  start(scope: ExportScope, write: WriteContext): Promise<string>;
  /** Adds the number of rows by table. */
  count(use: ExportUse, write: WriteContext): Promise<void>;
}

export interface ExportUse {
  readonly companyId: string;
  readonly useId: string;
  readonly counts: Readonly<Record<string, number>>;
}
