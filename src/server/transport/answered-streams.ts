import { constants, type Http2Server, type Http2Session, type ServerHttp2Stream } from "node:http2";

/** Time for the rest of a request to arrive: most clients send it before they read the response. */
const graceMs = 200;

/**
 * Number of streams per connection that are given that time. It is far below the limit of concurrent streams, so that
 * refused calls in fast succession do not use up the connection.
 */
const maxWaiting = 20;
const shortGraceMs = 10;

/**
 * Closes the streams whose response was sent before the request had fully arrived, as in RFC 9113, section 8.1. Some
 * clients then send neither the rest nor RST_STREAM: they hold the stream, and do not count it. With one stream more
 * than the limit, HTTP/2 ends the connection with all its calls.
 */
export function closeAnsweredStreams(server: Pick<Http2Server, "on">): void {
  const waiting = new WeakMap<Http2Session, number>();

  // One function for all streams: every call has this listener, and very few need more.
  function onAnswered(this: ServerHttp2Stream): void {
    const { session } = this;
    if (this.readableEnded || this.closed || !session) return;
    const count = (change: number): number => {
      const streams = (waiting.get(session) ?? 0) + change;
      waiting.set(session, streams);
      return streams;
    };
    const timer = setTimeout(() => close(this), count(1) > maxWaiting ? shortGraceMs : graceMs);
    this.once("close", () => {
      clearTimeout(timer);
      count(-1);
    });
  }

  server.on("stream", (stream: ServerHttp2Stream) => stream.on("finish", onAnswered));
}

function close(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_NO_ERROR);
  // Without it, a stream that nobody reads any longer would keep its place on the connection.
  stream.destroy();
}
