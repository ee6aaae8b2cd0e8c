import { connectWeb } from "./connect-web.js";
import { type Prepared, runSteps, type Steps } from "./steps.js";

/** What the page has for the libraries, in their order: a server with keys for each of them. */
const prepared: readonly Prepared[] = JSON.parse(await (await fetch("/prepared")).text());
const outcomes: { name: string; steps: Steps }[] = [];

for (const [index, library] of connectWeb.entries()) {
  const own = prepared[index];
  if (own) outcomes.push({ name: library.name, steps: await runSteps(library, own) });
}
await fetch("/outcomes", { method: "POST", body: JSON.stringify(outcomes) });
