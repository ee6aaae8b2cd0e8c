import type { CompanyResource } from "../../core/company-resource.js";
import { alreadyExistsError, archivedNamesakeError } from "../../core/errors.js";
import { mapInSlices } from "../../core/slices.js";
import { actingStaffId } from "../../core/write.js";
import { auditColumns, timestamp } from "../../db/audit-log.js";
import {
  type Columns,
  type CompanyRecordKind,
  changeCompany,
  companyRecords,
  findRow,
  type LimitedDatabase,
  recordRows,
  updateRow,
} from "../../db/company-records.js";
import { statement } from "../../db/statement.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { SettingEntry, SettingRepository } from "./setting.model.js";

/** The columns that all lists have in common. */
export interface SettingRow {
  readonly id: string;
  readonly archived_time: Date | null;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
}

/** The differences between the lists. */
export interface SettingTable<Row extends SettingRow, Entry, Content> extends Omit<CompanyRecordKind<Entry>, "find"> {
  /** Orders entries with the same display order. */
  readonly nameColumn: "name" | "abbreviation" | "label";
  /** What a list selects. Absent: all columns. */
  readonly listed?: string;
  /** SQL of the condition of the rows of the list. Absent: all rows of the company. */
  readonly only?: string;
  columns(content: Content): Columns;
  /** The entry that has the same unique value as a new one. */
  namesake?(content: Content): { readonly field: string; readonly where: Prisma.Sql };
  /** Columns of a new row that its content alone does not tell. */
  created?(companyId: string, now: Date, content: Content): Columns;
  toEntry(row: Row): Entry;
}

/**
 * A list in its table. Raw SQL, because Prisma neither locks rows nor accepts a table name as a parameter. Names of
 * tables and columns come only from setting-tables.columns.ts. Lists are read without Prisma, which copies each row several
 * times: of a mebibyte of custom fields, other requests would wait for the garbage collector.
 */
export function createSettingListRepository<Row extends SettingRow, Entry extends SettingEntry, Content>(
  limited: LimitedDatabase,
  table: SettingTable<Row, Entry, Content>,
): SettingRepository<Entry, Content> {
  const { database } = limited;
  const { kind, only = "TRUE" } = table;
  const from = Prisma.raw(kind);
  const ofCompany = (companyId: string) => Prisma.sql`company_id = ${companyId} AND ${Prisma.raw(only)}`;
  const listed = statement(
    `${kind}.list`,
    `SELECT ${table.listed ?? "*"} FROM ${kind} WHERE company_id = $1 AND ${only}
      AND ($2 OR archived_time IS NULL) ORDER BY display_order, ${table.nameColumn}, id`,
  );

  const readList = (tx: Prisma.TransactionClient, companyId: string, showArchived: boolean) =>
    tx.$queryRawUnsafe<Row[]>(listed.text, companyId, showArchived);
  const find = async (tx: Prisma.TransactionClient, target: CompanyResource) => {
    const row = await findRow<Row>(tx, kind, target);
    return row && table.toEntry(row);
  };
  const entries = companyRecords(limited, { ...table, find });

  return {
    async list({ companyId, showArchived }, signal) {
      return mapInSlices(await database.read<Row>(listed, [companyId, showArchived], signal), table.toEntry);
    },

    create: ({ companyId, id, content, unless }, write) =>
      entries.create({ companyId, id }, write, async (tx, now) => {
        // The lock of the company row makes another create wait until this one is stored.
        if (unless && (await readList(tx, companyId, true)).map(table.toEntry).some(unless))
          throw alreadyExistsError(table.resource, table.nameColumn);
        const unique = table.namesake?.(content);
        if (unique) {
          const [namesake] = await tx.$queryRaw<Pick<SettingRow, "id">[]>`
            SELECT id FROM ${from} WHERE company_id = ${companyId} AND archived_time IS NOT NULL AND ${unique.where}`;
          if (namesake) throw archivedNamesakeError(table.resource, namesake.id, unique.field);
        }
        const columns: Columns = {
          display_order: Prisma.sql`(SELECT least(coalesce(max(display_order), 0), ${maxPlace}) + 1 FROM ${from}
              WHERE ${ofCompany(companyId)})`,
          last_updated_by: actingStaffId(write, companyId),
          last_updated_time: timestamp(now),
          ...table.created?.(companyId, now, content),
          ...table.columns(content),
        };
        const names = Prisma.raw(Object.keys(columns).join(", "));
        return tx.$executeRaw`INSERT INTO ${from} (company_id, id, ${names})
            VALUES (${companyId}, ${id}, ${Prisma.join(Object.values(columns))})`;
      }),

    change: (target, write, decide) =>
      entries.change(target, write, async (tx, now) => {
        const change = decide(await find(tx, target));
        if (!change) return undefined;
        const columns =
          "content" in change
            ? table.columns(change.content)
            : { archived_time: change.archived ? timestamp(now) : null };
        return updateRow(tx, { kind, target, columns, now, write });
      }),

    reorder: ({ companyId, ids }, write, check) =>
      changeCompany(database, {
        ...{ companyId, kind, write },
        async work(tx, now) {
          const found = (await readList(tx, companyId, true)).map(table.toEntry);
          check(found);
          const places = [...ids, ...found.filter((entry) => entry.archived).map((entry) => entry.id)];
          const moved = await tx.$queryRaw<{ id: string; version: bigint }[]>`
            UPDATE ${from} AS t SET display_order = o.place, ${auditColumns({ companyId, now, write })}
            FROM unnest(${places}::text[]) WITH ORDINALITY AS o (id, place)
            WHERE t.company_id = ${companyId} AND t.id = o.id AND t.display_order <> o.place
            RETURNING t.id, t.version`;
          await recordRows(tx, write, { companyId, kind, time: now, fields: ["display_order"], rows: moved });
          return [];
        },
        answer: async (tx) => (await readList(tx, companyId, false)).map(table.toEntry),
      }),
  };
}

/** The next position still fits into the column. */
const maxPlace = 2 ** 31 - 2;
