/** Lists that wait for the first step while others are in the steps. */
const readAhead = 1;

/**
 * Passes each list through the steps, and returns the lists in their order. A step has one list at a time, in their order,
 * so nothing changes but that the database works on one list while this process reads the next. After a failure no list
 * begins another step, and those that are in one end it first.
 */
export async function* inSteps<List>(
  lists: AsyncIterable<List>,
  steps: readonly ((list: List) => Promise<void>)[],
): AsyncGenerator<List> {
  const latest = steps.map(() => Promise.resolve());
  const started: Promise<List>[] = [];
  let failure: { readonly error: unknown } | undefined;

  function start(list: List): void {
    let done = Promise.resolve();
    for (const [place, step] of steps.entries()) {
      done = Promise.allSettled([done, latest[place]]).then(async () => {
        if (failure) throw failure.error;
        await step(list).catch((error: unknown) => {
          failure ??= { error };
          throw error;
        });
      });
      latest[place] = done;
      done.catch(() => {}); // also reported by the list
    }
    const passed = done.then(() => list);
    passed.catch(() => {}); // also reported once it is the turn of the list
    started.push(passed);
  }

  async function* ended(atMost: number): AsyncGenerator<List> {
    while (started.length > atMost) {
      const [first] = started;
      if (first) yield await first;
      started.shift();
    }
  }

  try {
    for await (const list of lists) {
      start(list);
      yield* ended(steps.length - 1 + readAhead);
    }
    yield* ended(0);
  } finally {
    failure ??= { error: new Error("the lists are not taken any more") };
    await Promise.allSettled(latest);
  }
}
