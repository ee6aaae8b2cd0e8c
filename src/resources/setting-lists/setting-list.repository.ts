import { alreadyExistsError } from "../../core/errors.js";
import { actingStaffId } from "../../core/write.js";
import { auditColumns, timestamp } from "../../db/audit-columns.js";
import { type Changed, recordChanges } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { SettingEntry } from "./setting.model.js";
import {
  type Columns,
  changeSettings,
  findRow,
  present,
  type SettingRow,
  updateRow,
} from "./setting-change.repository.js";
import type { EntryTarget, SettingRepository } from "./setting-store.model.js";

/** The differences between the lists. */
export interface SettingTable<Row extends SettingRow, Entry, Content> {
  /** The table. Its name is also the kind of its rows in the audit log. */
  readonly kind: Changed["kind"];
  /** Name of the resource in errors. */
  readonly resource: string;
  /** The field of each unique constraint other than the primary key. */
  readonly unique?: Readonly<Record<string, string>>;
  /** Orders entries with the same display order. */
  readonly nameColumn: "name" | "abbreviation" | "label";
  /** The rows of the list. Absent: all rows of the company. */
  readonly only?: Prisma.Sql;
  columns(content: Content): Columns;
  /** Columns of a new row apart from its content. */
  created?(companyId: string, now: Date): Columns;
  toEntry(row: Row): Entry;
}

/**
 * A list in its table. Raw SQL, because Prisma neither locks rows nor accepts a table name as a parameter. Names of
 * tables and columns come only from setting-tables.columns.ts.
 */
export function createSettingListRepository<Row extends SettingRow, Entry extends SettingEntry, Content>(
  database: Database,
  table: SettingTable<Row, Entry, Content>,
): SettingRepository<Entry, Content> {
  const { kind, only = Prisma.sql`TRUE` } = table;
  const from = Prisma.raw(kind);
  const order = Prisma.raw(`display_order, ${table.nameColumn}, id`);
  const ofCompany = (companyId: string) => Prisma.sql`company_id = ${companyId} AND ${only}`;

  /** Reports the field whose value is already used. */
  const naming = (error: unknown): never => {
    const constraint = violatedConstraint(error);
    const field = constraint === `${kind}_pkey` ? "id" : table.unique?.[constraint ?? ""];
    throw field === undefined ? error : alreadyExistsError(table.resource, field);
  };
  const readList = (reader: Reader, companyId: string, showArchived: boolean) =>
    reader.$queryRaw<Row[]>`SELECT * FROM ${from} WHERE ${ofCompany(companyId)}
      AND (${showArchived} OR archived_time IS NULL) ORDER BY ${order}`;
  const readEntry = async (tx: Prisma.TransactionClient, target: EntryTarget) => {
    const [row] = await findRow<Row>(tx, kind, target);
    return row && table.toEntry(row);
  };

  return {
    async list({ companyId, showArchived }, signal) {
      const rows = await database.ask(signal, (prisma) => readList(prisma, companyId, showArchived));
      return rows.map(table.toEntry);
    },

    create: ({ companyId, id, content }, write) =>
      changeSettings(database, {
        companyId,
        kind,
        write,
        async work(tx, now) {
          const columns: Columns = {
            display_order: Prisma.sql`(SELECT least(coalesce(max(display_order), 0), ${maxPlace}) + 1 FROM ${from}
              WHERE ${ofCompany(companyId)})`,
            last_updated_by: actingStaffId(write, companyId),
            last_updated_time: timestamp(now),
            ...table.created?.(companyId, now),
            ...table.columns(content),
          };
          const names = Prisma.raw(Object.keys(columns).join(", "));
          await tx.$executeRaw`INSERT INTO ${from} (company_id, id, ${names})
            VALUES (${companyId}, ${id}, ${Prisma.join(Object.values(columns))})`;
          await recordChanges(tx, write, [{ companyId, kind, id, version: 1n, time: now }]);
          return [id];
        },
        answer: async (tx, [made = id]) => present(await readEntry(tx, { companyId, id: made })),
      }).catch(naming),

    change: (target, write, decide) =>
      changeSettings(database, {
        companyId: target.companyId,
        kind,
        write,
        async work(tx, now) {
          const change = decide(await readEntry(tx, target));
          if (change) {
            const columns =
              "content" in change
                ? table.columns(change.content)
                : { archived_time: change.archived ? timestamp(now) : null };
            await updateRow(tx, { kind, target, columns, now, write });
          }
          return [target.id];
        },
        answer: async (tx) => present(await readEntry(tx, target)),
      }).catch(naming),

    reorder: ({ companyId, ids }, write, check) =>
      changeSettings(database, {
        companyId,
        kind,
        write,
        async work(tx, now) {
          const entries = (await readList(tx, companyId, true)).map(table.toEntry);
          check(entries);
          const places = [...ids, ...entries.filter((entry) => entry.archived).map((entry) => entry.id)];
          const moved = await tx.$queryRaw<Pick<SettingRow, "id" | "version">[]>`
            UPDATE ${from} AS t SET display_order = o.place, ${auditColumns({ companyId, now, write })}
            FROM unnest(${places}::text[]) WITH ORDINALITY AS o (id, place)
            WHERE t.company_id = ${companyId} AND t.id = o.id AND t.display_order <> o.place
            RETURNING t.id, t.version`;
          const changed = moved.map(({ id, version }) => ({ companyId, kind, id, version, time: now }));
          await recordChanges(tx, write, changed);
          return [];
        },
        answer: async (tx) => (await readList(tx, companyId, false)).map(table.toEntry),
      }),
  };
}

type Reader = Pick<Prisma.TransactionClient, "$queryRaw">;

/** The next position still fits into the column. */
const maxPlace = 2 ** 31 - 2;
