import { OperatorError, type OperatorErrorOptions } from "../../core/operator-error.js";

/** The database schema cannot be migrated. The message says why and what to do. */
export class MigrationError extends OperatorError {
  override readonly name = "MigrationError";

  constructor(message: string, { exit = "configuration", ...options }: OperatorErrorOptions = {}) {
    super(message, { ...options, exit });
  }
}
