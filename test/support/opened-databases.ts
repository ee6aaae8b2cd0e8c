import { afterAll, afterEach } from "vitest";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { createDatabase, type TestDatabase } from "./database.js";

export interface OpenedDatabases {
  readonly test: TestDatabase;
  /** Opens the database as the service does; it is closed after the test. */
  open(options?: Partial<Parameters<typeof openDatabase>[0]>): Database;
}

/** A database for one test file, with tables of its own that every test finds empty. */
export async function databaseWith(ddl: string, tables: string): Promise<OpenedDatabases> {
  const test = await createDatabase();
  await test.owner.query(`${ddl}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO moego_service`);
  const opened: Database[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
    await test.owner.query(`TRUNCATE ${tables}`);
  });
  afterAll(() => test.drop());
  return {
    test,
    open(options = {}) {
      const database = openDatabase({ url: test.serviceUrl, log: silentLog, ...options });
      opened.push(database);
      return database;
    },
  };
}
