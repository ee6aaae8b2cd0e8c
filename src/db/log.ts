/** What persistence needs of the logger; a pino logger fits. Fields never hold SQL values, passwords or URLs. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export const silentLog: Log = {
  info() {},
  warn() {},
};
