import { OperatorError, type OperatorErrorOptions } from "./core/operator-error.js";

/** The server cannot start for a reason that the operator can fix. The message says how. */
export class StartError extends OperatorError {
  override readonly name = "StartError";

  constructor(message: string, { exit = "unavailable", ...options }: OperatorErrorOptions = {}) {
    super(message, { ...options, exit });
  }
}

/** Starts a listener. The error for a port in use or an invalid host names the variable to change. */
export async function bindServer<T>(
  variable: "HTTP_PORT" | "GRPC_PORT",
  port: number,
  bind: () => Promise<T>,
): Promise<T> {
  try {
    return await bind();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    // grpc-js exposes the error code only in the message.
    if (/EADDRINUSE|address already in use/i.test(text)) {
      throw new StartError(`Port ${port} is in use. Set ${variable} to another port, or 0 for any free port.`, {
        cause,
      });
    }
    if (/EACCES/.test(text))
      throw new StartError(`No permission to bind port ${port}. Set ${variable} to another port.`, {
        cause,
        exit: "permission",
      });
    if (/EADDRNOTAVAIL|ENOTFOUND|name resolution/i.test(text)) {
      throw new StartError("HOST is not an address of this machine. Set HOST to a local address.", {
        cause,
        exit: "configuration",
      });
    }
    throw cause;
  }
}
