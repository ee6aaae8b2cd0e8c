import type { ExitReason } from "./exit-codes.js";

export interface OperatorErrorOptions extends ErrorOptions {
  readonly exit?: ExitReason | undefined;
}

/** A failure that the operator can fix. The message says why and what to do; `exit` selects the exit code. */
export class OperatorError extends Error {
  override readonly name: string = "OperatorError";
  readonly exit: ExitReason;

  constructor(message: string, { exit = "data", ...options }: OperatorErrorOptions = {}) {
    super(message, options);
    this.exit = exit;
  }
}
