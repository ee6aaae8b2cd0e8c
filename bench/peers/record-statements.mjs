// Preloaded into the measured service with `node --import`: writes every statement that it sends, with its values, to the
// file RECORDED_STATEMENTS, a JSON line each. So the peers send the statements of the service itself.
import { appendFileSync } from "node:fs";
import pg from "pg";

const { query } = pg.Client.prototype;

pg.Client.prototype.query = function recorded(config, ...rest) {
  const { name, text, values } = config;
  if (name) appendFileSync(process.env.RECORDED_STATEMENTS, `${JSON.stringify({ name, text, values })}\n`);
  return query.call(this, config, ...rest);
};
