import { call, openWorld } from "../faults/world.js";
import { type ChangingList, markOf, openPlace, type Place } from "./changing-list.js";
import { changingLists } from "./changing-lists.js";
import { refusalOf } from "./exactly-once.js";
import { PageWriters } from "./page-writers.js";
import { randomOf } from "./run.js";

const random = randomOf("P1");
export const writerCount = 8;

/** Gives the token of the page with this number. */
export type Turn = (answer: { readonly nextPageToken: string; readonly number: number }) => string;

export const byToken: Turn = ({ nextPageToken }) => nextPageToken;
export const byNumber: Turn = ({ number }) => String(number);

/** A company, and who writes its lists while they are walked. */
export interface WrittenLists extends AsyncDisposable {
  readonly place: Place;
  readonly writers: PageWriters;
}

export async function openLists(): Promise<WrittenLists> {
  const world = await openWorld();
  const place = await openPlace(world);
  const writers = new PageWriters({ place, kinds: changingLists });
  return { place, writers, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

export interface WalksOptions {
  /** How many to make from beginning to end. */
  readonly walks: number;
  readonly turn: Turn;
}

/**
 * Walks the lists in turn while writers write. Tells which surviving rows were missed, which walks saw a row twice, and
 * which tokens were refused though their row was where it had been.
 */
export async function walkAmongWriters(lists: WrittenLists, { walks, turn }: WalksOptions) {
  const { writers } = lists;
  await writers.start(writerCount);
  const written = writers.writes;
  const missed: string[] = [];
  const twice: string[] = [];
  const refused: string[] = [];
  let [whole, anew, pages, survivors] = [0, 0, 0, 0];
  while (whole < walks) {
    const kind = changingLists[whole % changingLists.length] ?? random.pick(changingLists);
    writers.favoured = kind;
    const before = writers.marksOf(kind);
    const walked = await walk(lists, { kind, turn });
    const after = writers.marksOf(kind);
    const seen = new Set(walked.marks);
    if (seen.size < walked.marks.length) twice.push(`${kind.name}: ${walked.marks.length - seen.size}`);
    pages += walked.pages;
    if (walked.isLost) {
      const last = walked.marks.at(-1) ?? "";
      if (!kind.byName || after.has(last)) refused.push(`${kind.name} ${last}`);
      anew += 1;
      continue;
    }
    const surviving = [...before].filter((mark) => after.has(mark));
    missed.push(...surviving.filter((mark) => !seen.has(mark)).map((mark) => `${kind.name} ${mark}`));
    survivors += surviving.length;
    whole += 1;
  }
  const writes = writers.writes - written;
  await writers.stop();
  const kinds = `${changingLists.length} lists, ${changingLists.filter(({ byName }) => byName).length} of them by name`;
  const done = `${walks} paginations of ${kinds}, ${anew} restarted, ${pages} pages, ${writes} writes of ${writerCount} concurrent writers`;
  const found = `${survivors} surviving rows, ${missed.length} missed, ${twice.length} paginations with duplicate rows`;
  return { missed, twice, refused, done, found };
}

interface WalkOptions extends Pick<WalksOptions, "turn"> {
  readonly kind: ChangingList;
}

interface Walked {
  /** The marks of the rows in the order seen. */
  readonly marks: readonly string[];
  readonly pages: number;
  /** Whether a token was refused, so that the walk has to begin anew. */
  readonly isLost: boolean;
}

/** Walks a list to its end, with a page size of its own for every page, or to where its token is refused. */
async function walk({ place, writers }: WrittenLists, { kind, turn }: WalkOptions): Promise<Walked> {
  const marks: string[] = [];
  const pageSize = () => 1 + random.below(12);
  // Page numbers mean something for one size alone.
  const fixedSize = 5;
  let pageToken = "";
  for (let pages = 1; ; pages += 1) {
    const pagination = { pageSize: turn === byNumber ? fixedSize : pageSize(), pageToken };
    const answer = await call(kind.caller?.(place) ?? place, kind.path(place), { ...kind.request(place), pagination });
    if (refusalOf(answer).reason === "PAGE_TOKEN_INVALID") return { marks, pages, isLost: true };
    if (answer.status !== 200) throw new Error(answer.text);
    for (const row of answer.body[kind.rows]) marks.push(markOf(kind, row.id, kind.byName?.nameOf(row) ?? ""));
    if (answer.body.nextPageToken === "") return { marks, pages, isLost: false };
    // Pages are read faster than rows are written: the row where the walk stands would seldom be hit by chance.
    if (random.below(6) === 0) await writers.disturb(kind, answer.body[kind.rows].at(-1).id);
    pageToken = turn({ nextPageToken: answer.body.nextPageToken, number: pages + 1 });
  }
}
