/** Shows how far an import is: a line that is replaced on a terminal, a line every ten seconds elsewhere. */
export interface Progress {
  /** @param share of the file, from 0 to 1 */
  show(rows: number, share: number): void;
  end(): void;
}

interface ProgressOptions {
  /** Absent if the output is not a terminal. */
  readonly replaceLine?: ((text: string) => void) | undefined;
  readonly line: (text: string) => void;
  /** Milliseconds of any clock. */
  readonly now: () => number;
}

const intervalMs = { terminal: 250, elsewhere: 10_000 } as const;

export function createProgress({ replaceLine, line, now }: ProgressOptions): Progress {
  const started = now();
  let last = started;
  return {
    show(rows, share) {
      const elapsedMs = now() - started;
      if (now() - last < (replaceLine ? intervalMs.terminal : intervalMs.elsewhere)) return;
      last = now();
      const rate = Math.round(rows / Math.max(elapsedMs / 1_000, 0.001));
      const left = share > 0.01 ? `, ${duration((elapsedMs / share) * (1 - share))} left` : "";
      const percent = Math.floor(share * 100);
      const text = `${rows.toLocaleString("en")} rows, ${percent} %, ${rate.toLocaleString("en")} rows/s${left}`;
      if (replaceLine) replaceLine(text);
      else line(text);
    },
    end() {
      replaceLine?.("");
    },
  };
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
