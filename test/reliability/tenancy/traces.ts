import { toJsonString } from "@bufbuild/protobuf";
import { foreignCells, ownCells } from "./cells.js";
import { predicateCells } from "./predicate-cells.js";
import { runCell } from "./run-cells.js";
import type { Statements } from "./statements.js";
import type { Rpc, World } from "./world.js";

/** What a call does, without what differs from one time to the next. */
export interface Trace {
  readonly cell: string;
  /** What the rules of T1 find wrong with it. */
  readonly faults: readonly string[];
  /** What it answers, and the rows that it writes. */
  readonly shown: string;
  /** What the database hands to the service, by the statement. */
  readonly handed: ReadonlyMap<string, string>;
  /** Texts and names of the statements that it sends. */
  readonly named: ReadonlyMap<string, string>;
}

/** Reads in a second statement what the first has written: its writes are kept, and removed by hand. */
const writesTwice = ["CreateLead"];

/** The calls of the rpc about the tenant's own and about the neighbour's, one after the other. */
export async function* tracesOf({ server }: World, rpc: Rpc, statements: Statements): AsyncGenerator<Trace> {
  const keeps = writesTwice.includes(rpc.method.name);
  statements.undoWrites(!keeps);
  const compared = predicateCells(rpc);
  for (const cell of [...ownCells(rpc), ...foreignCells(rpc, 2), ...compared]) {
    const answers: string[] = [];
    const watched: typeof server = {
      ...server,
      call: async (method, request, options) => {
        const answer = await server.call(method, request, options);
        answers.push(
          answer.ok
            ? toJsonString(method.output, answer.message)
            : JSON.stringify([answer.code, answer.reason, answer.text, answer.violations]),
        );
        return answer;
      },
    };
    statements.taken();
    const before = keeps ? await leadIds(server) : [];
    const { faults } = await runCell(watched, { rpc, transport: "grpc", cell });
    const { writes, results, statements: named } = statements.taken();
    if (keeps) await server.database.owner.query("DELETE FROM lead WHERE id <> ALL($1)", [before]);
    yield {
      cell: cell.name,
      // These choose ids of the neighbour themselves; what they do is compared.
      faults: compared.includes(cell) ? [] : faults,
      shown: steady([...answers, ...writes.toSorted()].join("\n")),
      named,
      handed: new Map([...results].map(([text, rows]) => [text, steady(rows.toSorted().join("\n"))])),
    };
  }
}

async function leadIds({ database }: World["server"]): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ id: string }>("SELECT id FROM lead");
  return rows.map(({ id }) => id);
}

/** Without times, made ids, secrets, and numbers of sequences, which are other ones every time. */
function steady(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:\d\d)?)?/g, "@")
    .replaceAll(/"(raw_?id|id|change_xid)":\s*"?\d+"?/gi, "")
    .replaceAll(/[A-Za-z0-9_+/=-]{20,}/g, "#");
}
