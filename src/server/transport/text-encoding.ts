import { configureTextEncoding } from "@bufbuild/protobuf/wire";

const tolerant = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Makes protobuf decode strings completely. By default it drops a byte order mark (U+FEFF) at the start of every
 * string, but JSON keeps it.
 */
export function keepByteOrderMarks(): void {
  configureTextEncoding({
    // The same bytes as TextEncoder, which takes four times as long for a short string.
    encodeUtf8: (text) => Buffer.from(text),
    decodeUtf8: (bytes, isStrict) => (isStrict ? strict : tolerant).decode(bytes),
    checkUtf8: (text) => !/\p{Cs}/u.test(text),
  });
}
