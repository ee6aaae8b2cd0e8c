/** Last day of security fixes of each release line of Node.js (nodejs/Release, schedule.json of 2026-11-30). */
const endsOfLife: Readonly<Record<string, string>> = {
  "20": "2026-04-30",
  "21": "2024-06-01",
  "22": "2027-04-30",
  "23": "2025-06-01",
  "24": "2028-04-30",
  "25": "2026-06-01",
  "26": "2029-04-30",
};

/** The last day on which a version of Node.js gets security fixes, `yyyy-MM-dd`; undefined for later release lines. */
export function endOfLife(version: string): string | undefined {
  return endsOfLife[/^v?(\d+)/.exec(version)?.[1] ?? ""];
}

/** One sentence if the version no longer gets security fixes. */
export function endOfLifeWarning(version: string, now: Date): string | undefined {
  const end = endOfLife(version);
  if (end === undefined || now.toISOString().slice(0, 10) <= end) return undefined;
  return `Node.js ${version} has had no security fixes since ${end}. Install Node.js 24 or later.`;
}
