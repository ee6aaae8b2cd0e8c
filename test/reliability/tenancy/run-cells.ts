import type { Message } from "@bufbuild/protobuf";
import { isReadOnly } from "../../../src/server/pipeline/contract.js";
import type { Answer } from "../../support/answer.js";
import type { Transport } from "../../support/clients.js";
import type { TestServer } from "../../support/server.js";
import { comparable, leaksIn, wholeText, wrongAnswer } from "./answers.js";
import { type Cell, foreignCells, keyCells } from "./cells.js";
import { idempotencyCells, locationCells, pageTokenCells } from "./more-cells.js";
import type { Generation } from "./neighbour.js";
import { matrixTransports, type Rpc, type World } from "./world.js";

/** A cell on a transport. */
export interface Placed {
  readonly rpc: Rpc;
  readonly transport: Transport;
  readonly cell: Cell;
}

export interface Outcome extends Placed {
  /** `NOT_FOUND RESOURCE_NOT_FOUND` */
  readonly said: string;
  readonly faults: readonly string[];
}

const requestId = "request-of-the-matrix";
const spares: Readonly<Record<string, Generation>> = { grpc: 2, "connect-json": 3, rest: 4 };

/** Every cell of every rpc on every transport. First what is refused, so that nothing has changed meanwhile. */
export async function runMatrix({ server, rpcs }: World): Promise<Outcome[]> {
  const placed: Placed[] = [];
  for (const rpc of rpcs) {
    const paging = await pageTokenCells(server, rpc);
    for (const transport of matrixTransports) {
      const cells = [...keyCells(rpc), ...foreignCells(rpc, 1).filter(isRefused), ...paging, ...locationCells(rpc)];
      placed.push(...cells.map((cell) => ({ rpc, transport, cell })));
    }
  }
  // Neighbours in the list are of one rpc, and would wait for each other's locks.
  const outcomes = await concurrently(spread(placed), (one) => runCell(server, one));
  for (const rpc of rpcs) {
    for (const transport of matrixTransports) {
      const spare = spares[transport] ?? 1;
      const places = foreignCells(rpc, spare).flatMap((cell, place) => (isRefused(cell) ? [] : [place]));
      for (const place of places) {
        const request = isReadOnly(rpc.method) ? rpc.request : await rpc.fresh();
        const cell = foreignCells({ ...rpc, request }, spare)[place];
        if (cell) outcomes.push(await runCell(server, { rpc, transport, cell }));
      }
      for (const cell of await idempotencyCells(rpc, transport)) {
        outcomes.push(await runCell(server, { rpc, transport, cell }));
      }
    }
  }
  return outcomes;
}

export function isRefused({ expected }: Cell): boolean {
  return expected.code !== "OK" && expected.code !== "*";
}

function spread<T>(list: readonly T[]): T[] {
  const step = Math.ceil(list.length / 16);
  return Array.from({ length: step }, (_, offset) => list.filter((_one, place) => place % step === offset)).flat();
}

/** Ids of the neighbour's that the tenant has given to records of its own, which name them as possible duplicates. */
const given = new Set<string>();

export async function runCell(server: TestServer, placed: Placed): Promise<Outcome> {
  const { rpc, cell } = placed;
  const answer = await send(server, placed, cell.request);
  const faults: string[] = [];
  if (answer.ok && cell.chosenId) given.add(cell.chosenId);
  const wrong = wrongAnswer(answer, cell);
  if (wrong !== undefined) faults.push(`${JSON.stringify(cell.expected)} expected, answered ${wrong}`);
  faults.push(...leaksIn(wholeText(rpc.method, answer), cell, given).map((leak) => `leaks ${leak}`));
  if (cell.twin && isRefused(cell) && cell.expected.code !== "ALREADY_EXISTS") {
    const twin = await send(server, placed, cell.twin.request);
    const told = comparable(rpc.method, answer, cell.twin.foreign);
    if (told !== comparable(rpc.method, twin, cell.twin.id)) faults.push("not told like what never existed");
  }
  const said = answer.ok ? "OK" : `${answer.code} ${answer.reason}`;
  return { ...placed, said, faults };
}

function send(server: TestServer, { rpc, transport, cell }: Placed, request: Message): Promise<Answer<Message>> {
  const headers = { ...cell.headers, "x-request-id": requestId };
  return server.call(rpc.method, request, { key: cell.key, transport, headers });
}

/** The work on each of the list, 16 at a time. */
export async function concurrently<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = list.entries();
  const worker = async () => {
    for (const [place, one] of rest) results[place] = await work(one);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return results;
}

/** What went wrong, a line each. */
export function faultsOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ rpc, transport, cell, faults }) =>
    faults.map((fault) => `${rpc.method.name} ${transport} ${cell.name}: ${fault}`),
  );
}

/** Whether a fault is something that the caller may not know. */
export function isLeak(fault: string): boolean {
  return / leaks /.test(fault);
}
