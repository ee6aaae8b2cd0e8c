import { Socket } from "node:net";

/*
 * Loaded into a service before its own code (NODE_OPTIONS=--import): its cancel requests never reach PostgreSQL. Plain
 * JavaScript, since it runs in the process of the service.
 */
const cancelRequestCode = 80_877_102;
const { write } = Socket.prototype;

Socket.prototype.write = function (chunk, ...more) {
  const isCancelRequest = Buffer.isBuffer(chunk) && chunk.length === 16 && chunk.readInt32BE(4) === cancelRequestCode;
  if (!isCancelRequest) return write.call(this, chunk, ...more);
  this.destroy();
  return false;
};
