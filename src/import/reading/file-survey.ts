import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { exitOfFile } from "../../core/exit-codes.js";
import { FileError } from "./row.js";

export type FileEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** What one pass over the bytes of a file shows. */
export interface FileSurvey {
  readonly bytes: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  /** The first bytes, for the recognition of the format. */
  readonly head: Uint8Array;
  readonly encoding: FileEncoding;
  /** Absent if there is nothing to say about the encoding. */
  readonly encodingNote?: string;
}

const headBytes = 64 * 1024;
const chunkBytes = 1 << 20;

/** Reads the whole file once. Takes about a second per gigabyte on top of the digest. */
export async function surveyFile(path: string): Promise<FileSurvey> {
  const { size, isFile } = await stat(path).then(
    (found) => ({ size: found.size, isFile: found.isFile() }),
    (cause: unknown) => {
      const exit = exitOfFile(cause, "noInput");
      throw new FileError(`The file ${path} cannot be read. Check its name and permissions.`, { cause, exit });
    },
  );
  if (!isFile) throw new FileError(`${path} is not a file.`);
  if (size === 0) throw new FileError("The file is empty.");
  const hash = createHash("sha256");
  const judge = createUtf8Judge();
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    const bytes: Buffer = chunk;
    hash.update(bytes);
    judge.add(bytes);
    if (head.length < headBytes) head = Buffer.concat([head, bytes]).subarray(0, headBytes);
  }
  return { bytes: size, digest: hash.digest("hex"), head, ...encodingOf(head, judge.end()) };
}

interface Utf8Verdict {
  /** Characters of several bytes. */
  readonly good: number;
  /** Bytes that are not UTF-8. */
  readonly bad: number;
}

/** Counts only where a chunk is not UTF-8: most files are. */
function createUtf8Judge() {
  let rest: Buffer = Buffer.alloc(0);
  let good = 0;
  let bad = 0;
  const count = (bytes: Buffer) => {
    if (isUtf8(bytes)) {
      if (good === 0 && bytes.some((byte) => byte > 127)) good = 1;
      return;
    }
    for (const character of bytes.toString("utf8")) {
      if (character === "\ufffd") bad += 1;
      else if (character > "\u007f") good += 1;
    }
  };
  return {
    add(chunk: Buffer): void {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = completeEnd(bytes);
      count(bytes.subarray(0, end));
      rest = bytes.subarray(end);
    },
    end(): Utf8Verdict {
      count(rest);
      return { good, bad };
    },
  };
}

/** The end of the last character that is complete, so that a chunk is not cut within one. */
function completeEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function encodingOf(head: Buffer, utf8: Utf8Verdict): Pick<FileSurvey, "encoding" | "encodingNote"> {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", encodingNote: "Read as UTF-16." };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", encodingNote: "Read as UTF-16." };
  const unmarked = unmarkedUtf16(head);
  if (unmarked) return { encoding: unmarked, encodingNote: "Read as UTF-16 without a byte order mark." };
  if (utf8.bad === 0) return { encoding: "utf-8" };
  if (utf8.good > utf8.bad) {
    const encodingNote = "Read as UTF-8. Some bytes are not UTF-8; rows that contain them are refused.";
    return { encoding: "utf-8", encodingNote };
  }
  const encodingNote =
    "Read as Windows-1252, because the file is not UTF-8. If accented letters look wrong, save it as UTF-8 or set --encoding.";
  return { encoding: "windows-1252", encodingNote };
}

/** In Latin text every second byte of UTF-16 is 0. */
function unmarkedUtf16(head: Buffer): "utf-16le" | "utf-16be" | undefined {
  const sample = head.subarray(0, 512);
  const zeros = (from: number) => sample.filter((byte, at) => at % 2 === from && byte === 0).length;
  const [even, odd] = [zeros(0), zeros(1)];
  const most = sample.length * 0.35;
  if (odd > most && even === 0) return "utf-16le";
  return even > most && odd === 0 ? "utf-16be" : undefined;
}
