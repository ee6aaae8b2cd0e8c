/** What one file can bring in. */
export const importKinds = ["customers", "leads", "pets", "packages"] as const;

export type ImportKind = (typeof importKinds)[number];
