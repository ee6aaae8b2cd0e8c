import { OperatorError, type OperatorErrorOptions } from "../../core/operator-error.js";

/** The embedded PostgreSQL cannot be started. The message says why and what to do. */
export class EmbeddedPostgresError extends OperatorError {
  override readonly name = "EmbeddedPostgresError";

  constructor(message: string, { exit = "unavailable", ...options }: OperatorErrorOptions = {}) {
    super(message, { ...options, exit });
  }
}
