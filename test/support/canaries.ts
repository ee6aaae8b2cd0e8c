import type pg from "pg";

/** Texts that stand nowhere else, so that finding one tells where what a person gave is kept. */
export interface Canaries {
  /** A new text with this word in it. */
  text(word: string): string;
  url(word: string): string;
  email(word: string): string;
  /** A new number that is possible in company A's country. */
  phone(): string;
  /** All that were made. */
  readonly all: readonly string[];
}

let planted = 0;

export function createCanaries(): Canaries {
  const all: string[] = [];
  const plant = (spell: (number: number) => string) => {
    planted += 1;
    const canary = spell(planted);
    all.push(canary);
    return canary;
  };
  const text = (word: string) => plant((number) => `zq${number}${word}`);
  return {
    ...{ all, text },
    url: (word) => `https://img.example/${text(word)}`,
    email: (word) => `${text(word)}@example.com`,
    phone: () => `+1${plant((number) => String(2_125_557_000 + number))}`,
  };
}

/** The columns of all tables, as `table.column`, in whose values any of the texts stands, however spelt. */
export async function columnsHolding(database: pg.Pool, texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await database.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
  );
  const holding: string[] = [];
  for (const { name } of tables) {
    // As JSON every type is looked at: texts, JSON, arrays, and whatever a table to come may have.
    const { rows } = await database.query<{ column: string }>(
      `SELECT DISTINCT v.key AS column FROM "${name}" t, jsonb_each_text(to_jsonb(t)) v
       WHERE EXISTS (SELECT FROM unnest($1::text[]) sought WHERE strpos(lower(v.value), lower(sought)) > 0)`,
      [texts],
    );
    holding.push(...rows.map(({ column }) => `${name}.${column}`));
  }
  return holding.toSorted();
}
