import { register } from "node:module";

/*
 * Loaded into an import before its own code (NODE_OPTIONS=--import): it gives records the ids of its process, and does not
 * find those of an earlier run. Fails if the code that it replaces is no longer there. Plain JavaScript, since it runs in
 * the process of the command.
 */
const hooks = `
  const replaced = [
    ["/dist/import/run/entry-keys.js", "String(generation)", "String(process.pid)"],
    ["/dist/import/run/record-storing.js", "known.get(nameOf(one))", "undefined"],
  ];
  export async function load(url, context, next) {
    const loaded = await next(url, context);
    const here = replaced.filter(([file]) => url.endsWith(file));
    if (here.length === 0) return loaded;
    let source = String(loaded.source);
    for (const [, written, instead] of here) {
      if (!source.includes(written)) throw new Error("There is no " + written);
      source = source.replace(written, instead);
    }
    return { ...loaded, source };
  }`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
