import { OperatorError } from "../core/operator-error.js";

/** Invalid arguments. Exit code 64 (sysexits.h EX_USAGE). */
export class UsageError extends OperatorError {
  override readonly name = "UsageError";

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, exit: "usage" });
  }
}
