import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import { environmentBeside } from "../export/exported-company.js";
import { openHostedSource } from "../mirror/hosted-source.js";
import { shownBy, startTarget } from "../mirror/mirror-runs.js";
import { type Running, run } from "../server/service.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { startMirrorWriters } from "./mirror-writers.js";
import { record, times } from "./run.js";

const writeMs = times({ short: 4_000, long: 60_000 });
const kills = times({ short: 2, long: 20 });

it(
  "R7: a mirror of a source that 4 writers change ends equal, although it is killed and pages shift",
  async (context) => {
    const source = await startServer();
    const target = await startTarget();
    await using hosted = await openHostedSource(source.app.httpUrl, { isPublished: false, troubleEvery: 50 });
    const environment = { ...environmentBeside(target.database), SOURCE_KEY: keys.a.secret };
    const words = ["mirror", "--from", hosted.url, "--key-env", "SOURCE_KEY", "--follow", "--every", "1"];
    const start = () => run("bin/moego.js", words, environment);
    const writers = startMirrorWriters(source);
    let following: Running = start();
    for (let count = 0; count < kills; count += 1) {
      await sleep(writeMs / (kills + 1));
      following.child.kill("SIGKILL");
      await following.ended;
      following = start();
    }
    await sleep(writeMs / (kills + 1));
    await writers.stop();
    const expected = await shownBy(source);
    const deadline = Date.now() + 60_000;
    // Until the first copy has begun, the company does not exist here.
    const shown = () => shownBy(target).catch(() => ({}));
    while (!isDeepStrictEqual(await shown(), expected) && Date.now() < deadline) await sleep(500);
    following.child.kill("SIGTERM");
    const ended = await following.ended;
    const mirrored = await shownBy(target);
    const differing = Object.keys(expected).filter((id) => !isDeepStrictEqual(mirrored[id], expected[id]));
    const more = Object.keys(mirrored).filter((id) => expected[id] === undefined);
    record(context, {
      id: "R7",
      done: `4 writers made ${writers.writes} writes in the source of a mirror that was killed ${kills} times, by page numbers, with ${hosted.troubles} errors`,
      seen: `${Object.keys(expected).length} records: ${differing.length} differ, ${more.length} too many`,
      must: "0",
    });
    expect([...differing.map((id) => [id, mirrored[id], expected[id]]), ...more]).toEqual([]);
    expect(ended).toMatchObject({ code: 0 });
    await Promise.all([source.stop(), target.stop()]);
  },
  times({ short: 180_000, long: 600_000 }),
);
