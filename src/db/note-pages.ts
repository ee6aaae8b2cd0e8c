import type { CompanyResource } from "../core/company-resource.js";
import type { Page } from "../core/page.js";
import type { Database } from "./database.js";
import { statement } from "./statement.js";

interface NoteTable {
  /** Prefix of the names of the statements. */
  readonly name: string;
  readonly table: "customer_note" | "lead_note" | "pet_note";
  /** Column of the record that has the notes. */
  readonly owner: "customer_id" | "lead_id" | "pet_id";
  readonly text: "note" | "content";
}

interface NoteRow {
  readonly id: string;
  readonly text: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
}

/** Reads pages of the notes of a record, newest first. Returns one row more than the page size if there is a next page. */
export function notePages({ name, table, owner, text }: NoteTable) {
  const notes = `SELECT id, ${text} AS text, created_time, last_updated_by, last_updated_time FROM ${table}
  WHERE company_id = $1 AND ${owner} = $2`;
  const newestFirst = "ORDER BY created_time DESC, id DESC LIMIT $3";
  const firstPage = statement(`${name}.first_page`, `${notes} ${newestFirst} OFFSET $4`);
  const nextPage = statement(`${name}.next_page`, `${notes} AND (created_time, id) < ($4, $5) ${newestFirst}`);
  return async (database: Database, { companyId, id }: CompanyResource, page: Page, signal: AbortSignal) => {
    const scope = [companyId, id, page.size + 1];
    const rows = page.after
      ? await database.read<NoteRow>(nextPage, [...scope, page.after.time, page.after.id], signal)
      : await database.read<NoteRow>(firstPage, [...scope, page.offset], signal);
    return rows.map((row) => ({
      ...{ id: row.id, text: row.text, createdTime: row.created_time },
      ...{ lastUpdatedBy: row.last_updated_by, lastUpdatedTime: row.last_updated_time },
    }));
  };
}
