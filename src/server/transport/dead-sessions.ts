import { constants, type Http2Server, type Http2Session, type ServerHttp2Stream } from "node:http2";

/** A dead connection is closed after two checks, and at the latest after three. */
const checkMs = 250;

interface Watched {
  /** The last stream that was passed on. */
  lastStreamId: number;
  /** Whether a PING was submitted at the last check, because a stream had begun that was not passed on. */
  isInDoubt: boolean;
}

/**
 * Closes connections that HTTP/2 has given up. For a header field above 64 KiB, nghttp2 sends GOAWAY with
 * COMPRESSION_ERROR and then neither reads nor writes any more. Node gets no event: it keeps the connection open, and
 * the calls in flight never get a response.
 *
 * Such a connection is recognized by its last stream, which never reaches Node, and by a PING that is not even sent.
 */
export function closeDeadSessions(server: Pick<Http2Server, "on">): void {
  const sessions = new Map<Http2Session, Watched>();

  server.on("session", (session: Http2Session) => {
    sessions.set(session, { lastStreamId: 0, isInDoubt: false });
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", ({ session, id = 0 }: ServerHttp2Stream) => {
    const watched = session && sessions.get(session);
    if (watched) watched.lastStreamId = id;
  });
  const timer = setInterval(() => {
    for (const [session, watched] of sessions) check(session, watched);
  }, checkMs);
  timer.unref();
  server.on("close", () => clearInterval(timer));
}

function check(session: Http2Session, watched: Watched): void {
  const { lastProcStreamID: lastStreamId = 0, outboundQueueSize = 0 } = session.destroyed ? {} : session.state;
  if (lastStreamId <= watched.lastStreamId) {
    watched.isInDoubt = false;
  } else if (!watched.isInDoubt) {
    watched.isInDoubt = session.ping(() => {});
  } else if (outboundQueueSize > 0) {
    session.destroy(undefined, constants.NGHTTP2_COMPRESSION_ERROR);
  } else {
    // The stream was refused by Node, or its headers are still arriving.
    watched.isInDoubt = false;
    watched.lastStreamId = lastStreamId;
  }
}
