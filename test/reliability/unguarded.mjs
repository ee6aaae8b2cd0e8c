import { register } from "node:module";

/*
 * Loaded into a service before its own code (NODE_OPTIONS=--import): the service has no guard against strangers. Every
 * probe asks the database, on the connections of requests, and every unknown key is looked up at once. Fails if the
 * code that it replaces is no longer there. Plain JavaScript, since it runs in the process of the service.
 */
const hooks = `
  const guards = [
    ["/dist/server/transport/remembered.js", "current && now() < expiresMs", "false"],
    ["/dist/app.js", /openStatements\\(\\{[^}]*"moego probe" \\}\\)/, "database"],
    ["/dist/resources/api-keys/key-lookups.service.js", /known\\.has\\(id\\) \\? (find\\(id, hash\\)) : [^)]*\\)/, "$1"],
  ];
  export async function load(url, context, next) {
    const loaded = await next(url, context);
    const guard = guards.find(([file]) => url.endsWith(file));
    if (!guard) return loaded;
    const [file, written, instead] = guard;
    const source = String(loaded.source).replace(written, instead);
    if (source === String(loaded.source)) throw new Error("There is no guard in " + file);
    return { ...loaded, source };
  }`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
