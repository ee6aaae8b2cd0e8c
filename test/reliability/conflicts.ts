import type pg from "pg";
import { seed } from "../support/seed.js";

/** Conflicts that the database makes up. */
export interface Conflicts {
  /** How many transactions of the service were begun so far, those included that failed, and how many were made to fail. */
  counted(): Promise<{ readonly transactions: number; readonly injected: number }>;
  /** How many transactions of the company in a row were made to fail up to now; a transaction that was let pass ends the row. */
  inARow(companyId: string): Promise<number>;
}

/**
 * Makes transactions that append to the ledger of changes fail with 40001 or 40P01, half of them in the statement and
 * half at COMMIT. What is counted in sequences stays when a transaction is undone. The seed decides which fail.
 */
export async function injectConflicts(
  owner: Pick<pg.Pool, "query">,
  { percent, companyIds }: { readonly percent: number; readonly companyIds: readonly string[] },
): Promise<Conflicts> {
  const rows = companyIds.map((id) => `CREATE SEQUENCE row_of_${id} MINVALUE 0; SELECT setval('row_of_${id}', 0);`);
  await owner.query(`
    CREATE SEQUENCE drawn;
    CREATE SEQUENCE injected;
    ${rows.join("\n")}
    CREATE FUNCTION conflict_in_statement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      draw bigint;
      code text;
    BEGIN
      IF current_setting('test.drawn', true) = pg_current_xact_id()::text THEN RETURN NEW; END IF;
      PERFORM set_config('test.drawn', pg_current_xact_id()::text, true);
      PERFORM set_config('test.fails', '', true);
      draw := abs(hashint8extended(nextval('drawn'), ${seed}) % 400);
      IF draw >= ${percent * 4} THEN
        PERFORM setval('row_of_' || NEW.company_id, 0);
        RETURN NEW;
      END IF;
      PERFORM nextval('injected'), nextval('row_of_' || NEW.company_id);
      code := CASE draw % 2 WHEN 0 THEN '40001' ELSE '40P01' END;
      IF draw % 4 < 2 THEN RAISE EXCEPTION 'made up' USING ERRCODE = code; END IF;
      PERFORM set_config('test.fails', code, true);
      RETURN NEW;
    END $$;
    CREATE FUNCTION conflict_at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF current_setting('test.fails', true) <> '' THEN
        RAISE EXCEPTION 'made up' USING ERRCODE = current_setting('test.fails');
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER conflict_in_statement BEFORE INSERT ON change
      FOR EACH ROW EXECUTE FUNCTION conflict_in_statement();
    CREATE CONSTRAINT TRIGGER conflict_at_commit AFTER INSERT ON change DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION conflict_at_commit();
  `);
  const numberIn = async (sequence: string) => {
    const { rows } = await owner.query<{ value: number }>(
      `SELECT CASE WHEN is_called THEN last_value::int ELSE 0 END AS value FROM ${sequence}`,
    );
    return rows[0]?.value ?? 0;
  };
  return {
    counted: async () => ({ transactions: await numberIn("drawn"), injected: await numberIn("injected") }),
    inARow: (companyId) => numberIn(`row_of_${companyId}`),
  };
}
