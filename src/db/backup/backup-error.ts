import { OperatorError } from "../../core/operator-error.js";

/** A backup cannot be taken, read or restored. The message says why and what to do. */
export class BackupError extends OperatorError {
  override readonly name = "BackupError";
}
