/** The logger interface of this layer, compatible with pino. Fields never contain SQL values, passwords or URLs. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export const silentLog: Log = {
  info() {},
  warn() {},
};
