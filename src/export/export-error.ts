import { OperatorError } from "../core/operator-error.js";

/** An export cannot be written, read or loaded. The message says why and what to do. */
export class ExportError extends OperatorError {
  override readonly name = "ExportError";
}
