/** The database schema cannot be migrated. The message says why and what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}
