import { createReadStream } from "node:fs";
import type { FileEncoding } from "./file-survey.js";

export interface DecodedText extends AsyncIterable<string> {
  /** Bytes that were read so far. */
  read(): number;
}

/** The text of a file in chunks. Bytes that are not of the encoding become U+FFFD. A byte order mark is left out. */
export function decodedText(path: string, encoding: FileEncoding): DecodedText {
  let read = 0;
  async function* chunks() {
    const decoder = new TextDecoder(encoding);
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      const bytes: Buffer = chunk;
      read += bytes.length;
      const text = decoder.decode(bytes, { stream: true });
      if (text !== "") yield text;
    }
    const text = decoder.decode();
    if (text !== "") yield text;
  }
  return { [Symbol.asyncIterator]: chunks, read: () => read };
}
