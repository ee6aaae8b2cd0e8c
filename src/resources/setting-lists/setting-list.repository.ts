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
  /** The table, whose name is also the kind of its rows in the ledger of changes. */
  readonly kind: Changed["kind"];
  /** Name of the resource in errors. */
  readonly resource: string;
  /** The field that each unique constraint beside the primary key guards. */
  readonly unique?: Readonly<Record<string, string>>;
  /** By which entries of one display order are listed. */
  readonly nameColumn: "name" | "abbreviation" | "label";
  /** Which rows make up the list; absent = all of the company. */
  readonly only?: Prisma.Sql;
  columns(content: Content): Columns;
  /** What a new row has beyond its content. */
  created?(companyId: string, now: Date): Columns;
  toEntry(row: Row): Entry;
}

/**
 * One list in its table. Raw SQL, since Prisma neither locks a row nor takes a table by name; names of tables and columns
 * come from our own tables (settings-tables.ts) alone.
 */
export function createSettingListRepository<Row extends SettingRow, Entry extends SettingEntry, Content>(
  database: Database,
  table: SettingTable<Row, Entry, Content>,
): SettingRepository<Entry, Content> {
  const { kind, only = Prisma.sql`TRUE` } = table;
  const from = Prisma.raw(kind);
  const order = Prisma.raw(`display_order, ${table.nameColumn}, id`);
  const ofCompany = (companyId: string) => Prisma.sql`company_id = ${companyId} AND ${only}`;

  /** Says which field is taken. */
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

/** Keeps the next place within the column. */
const maxPlace = 2 ** 31 - 2;
