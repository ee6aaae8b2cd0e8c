import type { DescMethodServerStreaming } from "@bufbuild/protobuf";
import { encodeJson } from "./codec/json.js";
import type { StreamForm } from "./http-stream.js";
import { statusJson } from "./status-json.js";

/** A stream in REST: one response in each line, and at the end the error, if one ended the stream. */
export function ndjsonForm(
  { output }: DescMethodServerStreaming,
  refusal: StreamForm<string>["refusal"],
): StreamForm<string> {
  return {
    contentType: "application/x-ndjson",
    encode: (message) => `${encodeJson(output, message)}\n`,
    tail: (error) => (error ? `${JSON.stringify({ error: statusJson(error) })}\n` : ""),
    refusal,
  };
}
