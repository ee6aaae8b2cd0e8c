import { Socket } from "node:net";

/*
 * Loaded into a service before its own code (NODE_OPTIONS=--import): the database is slow to get certain statements.
 * SLOW_STATEMENTS has their names with milliseconds, as JSON. Plain JavaScript, since it runs in the process of the
 * service.
 */
const delays = Object.entries(JSON.parse(process.env["SLOW_STATEMENTS"] ?? "{}"));
const { write } = Socket.prototype;
/** What each socket has to send once its slow statement may leave. */
const held = new WeakMap();

Socket.prototype.write = function (chunk, ...more) {
  const waiting = held.get(this);
  if (waiting) {
    waiting.push([chunk, ...more]);
    return true;
  }
  const [, delayMs] = (Buffer.isBuffer(chunk) && delays.find(([name]) => chunk.includes(name))) || [];
  if (delayMs === undefined) return write.call(this, chunk, ...more);
  held.set(this, [[chunk, ...more]]);
  setTimeout(() => {
    const all = held.get(this);
    held.delete(this);
    for (const arguments_ of all) write.call(this, ...arguments_);
  }, delayMs);
  return true;
};
