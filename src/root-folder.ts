import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json, above the sources, the compiled modules and the bundle, which have different depths. */
export const rootFolder = folderWith("package.json", import.meta.dirname);

function folderWith(file: string, folder: string): string {
  const parent = dirname(folder);
  return existsSync(join(folder, file)) || parent === folder ? folder : folderWith(file, parent);
}
