import type { BackupProgress } from "../db/backup/take-backup.js";
import type { Terminal } from "./command.js";

export interface Progress extends BackupProgress {
  /** Clears what is shown on a terminal. */
  end(): void;
}

/** Shows the present part and the rate: in one changing line on a terminal, otherwise in a line every ten seconds. */
export function createProgress(terminal: Terminal, now: () => number): Progress {
  const startedAt = now();
  const everyMs = terminal.status ? 200 : 10_000;
  let shownAt = startedAt;
  let part = "";
  let bytes = 0;
  const show = () => {
    const time = now();
    if (time - shownAt < everyMs) return;
    shownAt = time;
    const rate = (bytes * 1_000) / Math.max(1, time - startedAt);
    const text = `${part}: ${formatBytes(bytes)}, ${formatBytes(rate)}/s`;
    if (terminal.status) terminal.status(text);
    else terminal.out(text);
  };
  return {
    begin(name) {
      part = name;
      show();
    },
    onBytes(count) {
      bytes += count;
      show();
    },
    end: () => terminal.status?.(""),
  };
}

/** `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
