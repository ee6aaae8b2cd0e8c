/** A finding of `moego doctor`. Only `failed` makes the command fail. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed" | "skipped";
  /** What was found, and what to do. */
  readonly detail: string;
}

export function ok(name: string, detail: string): Check {
  return { name, state: "ok", detail };
}

export function warning(name: string, detail: string): Check {
  return { name, state: "warning", detail };
}

export function failed(name: string, detail: string): Check {
  return { name, state: "failed", detail };
}

export function skipped(name: string, detail: string): Check {
  return { name, state: "skipped", detail };
}
