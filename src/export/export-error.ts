/** An export cannot be written, read or loaded. The message says why and what to do. */
export class ExportError extends Error {
  override readonly name = "ExportError";
}
