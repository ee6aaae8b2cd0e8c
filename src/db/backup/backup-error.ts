/** A backup cannot be taken, read or restored. The message says why and what to do. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}
