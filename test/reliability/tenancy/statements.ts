import pg from "pg";
import { commandsOf } from "./commands.js";
import { type Mutant, mutated, normalised } from "./mutants.js";

/** What the database was told and answered. */
export interface Traffic {
  /** Texts and names of the statements. */
  readonly statements: ReadonlyMap<string, string>;
  /** What it answered, by the statement as the service has written it. */
  readonly results: ReadonlyMap<string, readonly string[]>;
  /** How each was sent, by the statement. */
  readonly uses: ReadonlyMap<string, readonly Use[]>;
  /** Rows written, as the database tells them, whether kept or undone. */
  readonly writes: readonly string[];
}

/** A statement as it was sent. */
export interface Use {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Whether nothing was written before since the traffic was taken, and this writes nothing either. */
  readonly isFirst: boolean;
}

export interface Statements {
  /** What happened since the last call of this, when the database has answered everything that was sent. */
  taken(): Promise<Traffic>;
  /** From now on the statement is sent without the predicates; undefined sends all as they are. */
  mutate(mutant: Mutant | undefined): void;
  /** Whether every write is undone as soon as it was answered, so that no call sees what another one did. */
  undoWrites(undo: boolean): void;
  restore(): void;
}

type Query = (this: pg.Client, config: unknown, ...rest: unknown[]) => unknown;

/** Looks at every statement of this process on its way to the driver, hand-written and Prisma's alike. */
export function interceptStatements(): Statements {
  const prototype: { query: Query } = pg.Client.prototype;
  const original = prototype.query;
  const inTransaction = new WeakSet<pg.Client>();
  const heard = new WeakSet<pg.Client>();
  const beside = new WeakSet<pg.Client>();
  const underWay = new Set<Promise<unknown>>();
  let traffic = noTraffic();
  let active: Mutant | undefined;
  let undoes = false;
  /** Numbers of the mutants: the statement of each is prepared once on a connection. */
  const numbers = new Map<string, number>();
  let number = 0;
  const send = (client: pg.Client, config: Named, rest: readonly unknown[]): unknown => {
    if (!active || normalised(config.text) !== active.text) return original.call(client, config, ...rest);
    const by = { text: mutated(config.text, active), name: `${config.name.slice(0, 50)}#${number}` };
    if (!isExecution(config)) {
      // The service remembers under its name what it has read for the first time on a connection, as prepared there.
      const isRead = !(config instanceof pg.Query) && !config.name.startsWith("p_");
      if (isRead) void Promise.resolve(original.call(client, { ...config })).catch(() => {});
      return original.call(client, replaced(config, by), ...rest);
    }
    relay(original.call(client, new pg.Query({ ...by, values: [...config.values] })), config);
    return config;
  };
  const answered = (text: string, result: unknown): unknown => {
    const { results } = traffic;
    const note = (said: string) => {
      const key = normalised(text);
      results.set(key, [...(results.get(key) ?? []), said]);
    };
    const noted = endOf(result).then(
      (rows) => note(rowsOf(rows)),
      () => note("refused"),
    );
    underWay.add(noted);
    void noted.finally(() => underWay.delete(noted));
    return result;
  };
  prototype.query = function (config, ...rest) {
    if (!heard.has(this)) {
      heard.add(this);
      this.on("notice", ({ message }) => {
        if (message?.startsWith(writeNotice) && !beside.has(this)) traffic.writes.push(message);
      });
    }
    const text = textOf(config);
    if (/^BEGIN/i.test(text)) inTransaction.add(this);
    if (/^(COMMIT|ROLLBACK)$/i.test(text)) inTransaction.delete(this);
    // COMMIT is sent after it, since the service looks at what the database answers to that.
    if (undoes && /^COMMIT$/i.test(text)) void Promise.resolve(original.call(this, "ROLLBACK")).catch(() => {});
    if (!isNamed(config)) return original.call(this, config, ...rest);
    if (isOfKeyCheck(config.name)) {
      beside.add(this);
      return original.call(this, config, ...rest);
    }
    if (isOfCleanup(config.name)) return original.call(this, replaced(config, nothingRemoved), ...rest);
    traffic.statements.set(config.text, config.name);
    const isWrite = /\b(INSERT|UPDATE|DELETE)\b/.test(config.text);
    traffic.hasWritten ||= isWrite && commandsOf(config.text).length > 0;
    const use = { text: config.text, values: valuesOf(config), isFirst: !traffic.hasWritten };
    const key = normalised(config.text);
    traffic.uses.set(key, [...(traffic.uses.get(key) ?? []), use]);
    const isLone = undoes && !inTransaction.has(this) && isWrite;
    if (!isLone) return answered(config.text, send(this, config, rest));
    // The driver sends what it is given one after the other.
    void Promise.resolve(original.call(this, "BEGIN")).catch(() => {});
    const result = answered(config.text, send(this, config, rest));
    void Promise.resolve(original.call(this, "ROLLBACK")).catch(() => {});
    return result;
  };
  return {
    async taken() {
      while (underWay.size > 0) await Promise.all(underWay);
      const before = traffic;
      traffic = noTraffic();
      return before;
    },
    mutate(mutant) {
      active = mutant;
      const id = JSON.stringify(mutant);
      number = numbers.get(id) ?? numbers.size;
      numbers.set(id, number);
    },
    undoWrites(undo) {
      undoes = undo;
    },
    restore() {
      prototype.query = original;
    },
  };
}

function noTraffic() {
  const writes: string[] = [];
  const results = new Map<string, string[]>();
  return { statements: new Map<string, string>(), results, uses: new Map<string, Use[]>(), writes, hasWritten: false };
}

/**
 * The check of the key is shared by calls, remembered for seconds, and notes once a minute that the key was used: which
 * call sends it is a matter of the time. It has connections of its own.
 */
function isOfKeyCheck(name: string): boolean {
  return name.startsWith("keys.");
}

/** What has expired is removed in the background at times of its own, which may be in the middle of a comparison. */
function isOfCleanup(name: string): boolean {
  return name.startsWith("cleanup.");
}

const nothingRemoved = { text: "SELECT 0 AS removed", name: "nothing_removed", values: [] };

/** A statement that writes is a query of the driver already, which is changed before it is sent. */
function replaced(config: Named, by: Named): Named {
  return config instanceof pg.Query ? Object.assign(config, by) : { ...config, ...by };
}

/** A statement that is executed again without the driver's query (src/db/prepared-statement.ts). */
interface Execution extends Named {
  readonly values: readonly unknown[];
  readonly rows: unknown[];
  handleReadyForQuery(): void;
  handleError(error: unknown): void;
}

function isExecution(config: object): config is Execution {
  return "submit" in config && "rows" in config && !(config instanceof pg.Query);
}

/** Gives the answer to a query of the driver to the statement in whose place it was sent. */
function relay(query: unknown, execution: Execution): void {
  endOf(query).then(
    (result) => {
      if (typeof result === "object" && result !== null && "rows" in result && Array.isArray(result.rows))
        execution.rows.push(...result.rows);
      execution.handleReadyForQuery();
    },
    (error) => execution.handleError(error),
  );
}

function endOf(result: unknown): Promise<unknown> {
  if (typeof result === "object" && result !== null && isExecution(result)) {
    const { handleReadyForQuery, handleError } = result;
    return new Promise((resolve, reject) => {
      result.handleReadyForQuery = () => {
        resolve(result);
        handleReadyForQuery();
      };
      result.handleError = (error) => {
        reject(error);
        handleError(error);
      };
    });
  }
  if (!(result instanceof pg.Query)) return Promise.resolve(result);
  return new Promise((resolve, reject) => result.once("end", resolve).once("error", reject));
}

const writeNotice = "written: ";

/** From now on the database tells every row that is written in a table of tenants to whoever writes it. */
export async function tellWrites(owner: pg.Pool): Promise<void> {
  await owner.query(
    `CREATE FUNCTION tell_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       RAISE NOTICE '${writeNotice}% % %', TG_OP, TG_TABLE_NAME, coalesce(to_jsonb(NEW), to_jsonb(OLD));
       RETURN NULL;
     END $$`,
  );
  const { rows } = await owner.query<{ name: string }>(
    `SELECT t.table_name AS name FROM information_schema.tables t
     WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND t.table_name NOT LIKE '\\_%'`,
  );
  for (const { name } of rows) {
    await owner.query(
      `CREATE TRIGGER z_write_is_told AFTER INSERT OR UPDATE OR DELETE ON ${pg.escapeIdentifier(name)}
       FOR EACH ROW EXECUTE FUNCTION tell_write()`,
    );
  }
}

/** The rows of a result by the names of their columns. */
function rowsOf(result: unknown): string {
  if (typeof result !== "object" || result === null || !("rows" in result && Array.isArray(result.rows))) return "";
  const fields = "fields" in result && Array.isArray(result.fields) ? result.fields : [];
  const count = "rowCount" in result ? Number(result.rowCount) : result.rows.length;
  const rows = result.rows.map((row: unknown) =>
    Array.isArray(row) ? Object.fromEntries(row.map((value, place) => [fields[place]?.name ?? place, value])) : row,
  );
  const print = (_key: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  // Their order is the plan's, which changes when the database has looked at its tables anew.
  return `${count} ${rows
    .map((row: unknown) => JSON.stringify(row, print))
    .toSorted()
    .join("\n")}`;
}

interface Named {
  readonly text: string;
  readonly name: string;
}

function valuesOf(config: Named): readonly unknown[] {
  return "values" in config && Array.isArray(config.values) ? [...config.values] : [];
}

function textOf(config: unknown): string {
  if (typeof config === "string") return config;
  return typeof config === "object" && config !== null && "text" in config ? String(config.text) : "";
}

function isNamed(config: unknown): config is Named {
  return (
    typeof config === "object" &&
    config !== null &&
    "text" in config &&
    typeof config.text === "string" &&
    "name" in config &&
    typeof config.name === "string"
  );
}
