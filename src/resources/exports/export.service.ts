import { requireCompanyAccess } from "../../core/access.js";
import { DomainError, notFoundError } from "../../core/errors.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type {
  ExportedRows,
  ExportLog,
  ExportPosition,
  ExportReader,
  ExportRepository,
  ExportScope,
  ResumedExport,
} from "./export.model.js";

export type Exports = ReturnType<typeof createExports>;

interface ExportOptions {
  readonly repository: ExportRepository;
  readonly log: ExportLog;
}

/** A part of the file of a table. */
export interface ExportPart {
  readonly table: string;
  readonly bytes: Buffer;
  /** Of the table, up to the end of the part. */
  readonly rows: number;
  readonly isTableComplete: boolean;
  readonly isExportComplete: boolean;
  /** Where the export continues after the part; undefined within a row and at the end. */
  readonly next?: ResumedExport;
  readonly snapshotTime: Date;
}

export function createExports({ repository, log }: ExportOptions) {
  /**
   * Everything of a company, or of a person, at one time. Every export is recorded before its first part, and its rows
   * are counted when it ends.
   */
  async function* run(
    scope: ExportScope,
    resumed: ResumedExport | undefined,
    write: WriteContext,
  ): AsyncGenerator<ExportPart> {
    const { companyId } = scope;
    const { signal } = write;
    const reader = await repository.open(scope, resumed, signal);
    const counts: Record<string, number> = {};
    let isComplete = false;
    let useId: string | undefined;
    try {
      if (!reader.isFound) throw notFound(scope);
      useId = resumed?.useId ?? (await log.start(scope, write));
      for await (const part of partsOf(reader, scope, resumed ?? start, signal)) {
        counts[part.table] = part.rows;
        const { position, ...rest } = part;
        const { snapshotId, snapshotTime } = reader;
        yield {
          ...rest,
          snapshotTime,
          ...(position ? { next: { ...position, snapshotId, snapshotTime, useId } } : {}),
        };
        isComplete = part.isExportComplete;
      }
    } finally {
      await reader.end({ canContinue: !isComplete && useId !== undefined });
      // Also of an export that the client or the server ended.
      const counting = { ...write, signal: AbortSignal.timeout(countTimeoutMs) };
      if (useId !== undefined) await log.count({ companyId, useId, counts }, counting);
    }
  }

  return {
    run,

    /** The same for an API key, which must have access to the whole company. */
    runFor(scope: ExportScope, resumed: ResumedExport | undefined, principal: Principal, write: WriteContext) {
      if (requireCompanyAccess(principal, scope.companyId).businessIds !== undefined) throw isLimited();
      return run(scope, resumed, write);
    },
  };
}

const start: ExportPosition = { table: 0, rows: 0 };
const countTimeoutMs = 5_000;

type PositionedPart = Omit<ExportPart, "next" | "snapshotTime"> & { readonly position?: ExportPosition };

async function* partsOf(
  reader: ExportReader,
  { tables }: ExportScope,
  from: ExportPosition,
  signal: AbortSignal,
): AsyncGenerator<PositionedPart> {
  for (const [index, table] of tables.entries()) {
    if (index < from.table) continue;
    const skipped = index === from.table ? from.rows : 0;
    let rows = skipped;
    const isLastTable = index === tables.length - 1;
    for await (const { part, isLast } of withLast(reader.read(table, skipped, signal))) {
      const pieces = piecesOf(part.bytes);
      for (const [piece, bytes] of pieces.entries()) {
        const isWhole = piece === pieces.length - 1;
        if (isWhole) rows += part.rows;
        const isTableComplete = isWhole && isLast;
        const isExportComplete = isTableComplete && isLastTable;
        const position = isTableComplete ? { table: index + 1, rows: 0 } : { table: index, rows };
        yield {
          ...{ table, bytes, rows, isTableComplete, isExportComplete },
          ...(isWhole && !isExportComplete ? { position } : {}),
        };
      }
    }
  }
}

/** Tells which part is the last. A table without rows has one empty part. */
async function* withLast(parts: AsyncIterable<ExportedRows>) {
  let held: ExportedRows = { bytes: Buffer.alloc(0), rows: 0 };
  let isHeld = false;
  for await (const part of parts) {
    if (isHeld) yield { part: held, isLast: false };
    held = part;
    isHeld = true;
  }
  yield { part: held, isLast: true };
}

/** No client of the usual protocols accepts a message above 4 MiB, and JSON can double a text. */
const maxPieceBytes = 1024 * 1024;

/** A part that one row makes too long, cut between characters. */
function piecesOf(bytes: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  while (bytes.length - from > maxPieceBytes) {
    let to = from + maxPieceBytes;
    while (((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1;
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return [...pieces, bytes.subarray(from)];
}

function notFound({ companyId, person }: ExportScope): DomainError {
  return person
    ? notFoundError(person.kind === "CUSTOMER" ? "Customer" : "Lead", person.id)
    : notFoundError("Company", companyId);
}

function isLimited(): DomainError {
  const message = "An API key limited to locations cannot export the whole company.";
  return new DomainError("SCOPE_REQUIRED", message, { metadata: { scope: "company:export" } });
}
