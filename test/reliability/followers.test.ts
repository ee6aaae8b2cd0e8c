import { expect, it } from "vitest";
import { openWorld } from "../faults/world.js";
import { type Differences, followDuring, followersOf, openFollowedPlace } from "./followers.js";
import { writeAndMove } from "./moving-writers.js";
import { record, times } from "./run.js";

const durationMs = times({ short: 3_000, long: 60_000 });
const seeds = Array.from({ length: times({ short: 1, long: 10 }) }, (_, index) => index + 1);

it(
  "P3: who follows every list ends with exactly the rows of the server",
  async (context) => {
    await using world = await openWorld();
    const found: (Differences & { readonly name: string })[] = [];
    let [rows, writes, control] = [0, 0, 0];
    for (const seed of seeds) {
      const place = await openFollowedPlace(world);
      const followers = followersOf(place);
      await followDuring(
        followers,
        writeAndMove(place, { seed, durationMs }).then((count) => {
          writes += count;
        }),
      );
      for (const follower of followers) {
        const differences = await follower.differences();
        found.push({ name: follower.name, ...differences });
        rows += follower.size();
        control += (await follower.controlDifferences()).tooMany.length;
      }
    }
    const sum = (of: keyof Differences) => found.reduce((all, differences) => all + differences[of].length, 0);
    const lists = found.length / seeds.length;
    record(context, {
      id: "P3",
      done: `${lists} copies of 16 lists, by key, location and customers, kept during ${writes} writes of 8 writers, ${seeds.length} times ${durationMs / 1_000} s`,
      seen: `${rows} rows: ${sum("tooMany")} too many, ${sum("missing")} missing, ${sum("stale")} not in their latest state`,
      must: "0",
    });
    record(context, {
      id: "P3 control",
      done: "the same without entries of departed and promoted records",
      seen: `${control} rows too many`,
      must: "some",
    });
    expect(found.filter(({ tooMany, missing, stale }) => tooMany.length + missing.length + stale.length > 0)).toEqual(
      [],
    );
    expect(rows).toBeGreaterThan(0);
    expect(control).toBeGreaterThan(0);
  },
  times({ short: 240_000, long: 1_200_000 }),
);
