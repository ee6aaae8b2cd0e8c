import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";

/**
 * Ends with 0 if the generated folders are what the generators made of the present contract and database schema, so that a
 * build need not run them again: they take more CPU time than the compiler. `--note` notes that they are. Inputs, versions
 * of the generators and every generated file are compared by their bytes.
 */
const note = "src/gen/generated-from.sha256";
const inputs = ["proto", "prisma/schema.prisma", "prisma/prisma.config.ts", "buf.yaml", "buf.gen.yaml", "package-lock.json"];

const now = hashOf([...inputs, "src/gen", "client/src/gen"]);
if (process.argv.includes("--note")) writeFileSync(note, now);
else process.exitCode = existsSync(note) && readFileSync(note, "utf8") === now ? 0 : 1;

function hashOf(places) {
  const hash = createHash("sha256");
  for (const file of places.flatMap(filesIn)) {
    hash.update(`${file}\0`).update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return hash.digest("hex");
}

function filesIn(place) {
  if (place === note || !existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place)
    .toSorted()
    .flatMap((name) => filesIn(`${place}/${name}`));
}
