// Preloaded into a measured service with `node --import`: adds a byte to the file RECORDED_ROUND_TRIPS for each round trip
// to the database. The database answers once for every Sync and every simple query, whatever else is sent before it. The
// connections that check keys do not count: a checked key is remembered for some time.
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// The package of the service that is measured, which can be an earlier build.
const pg = createRequire(join(process.cwd(), "package.json"))("pg");
const { bind, sync, query } = pg.Connection.prototype;
const checkKeys = new WeakSet();

pg.Connection.prototype.bind = function recorded(config, ...rest) {
  if (config?.statement?.startsWith("keys.")) checkKeys.add(this);
  return bind.call(this, config, ...rest);
};

for (const [name, send] of Object.entries({ sync, query })) {
  pg.Connection.prototype[name] = function recorded(...rest) {
    if (!checkKeys.has(this)) appendFileSync(process.env.RECORDED_ROUND_TRIPS, ".");
    return send.apply(this, rest);
  };
}
