/** Hands values from one task to another, one at a time. */
export interface Handover<T> extends AsyncIterable<T> {
  /** Offers a value. Returns undefined if it was awaited, else a promise that resolves once it is taken. */
  send(value: T): Promise<void> | undefined;
  /** Ends the iteration after the values that were sent. */
  end(): void;
}

/** For one sender, which waits until its value is taken, and one receiver. */
export function createHandover<T>(): Handover<T> {
  const offered: { readonly value: T; readonly taken: () => void }[] = [];
  let receive: ((next: IteratorResult<T, undefined>) => void) | undefined;
  let hasEnded = false;
  const last = { done: true, value: undefined } as const;
  return {
    send(value) {
      if (receive) {
        receive({ done: false, value });
        receive = undefined;
        return undefined;
      }
      return new Promise((taken) => offered.push({ value, taken }));
    },
    end() {
      hasEnded = true;
      receive?.(last);
      receive = undefined;
    },
    [Symbol.asyncIterator]: () => ({
      next() {
        const first = offered.shift();
        first?.taken();
        if (first) return Promise.resolve({ done: false, value: first.value });
        if (hasEnded) return Promise.resolve(last);
        return new Promise((resolve) => {
          receive = resolve;
        });
      },
    }),
  };
}
