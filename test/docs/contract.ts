import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** The descriptors of `proto/` with their comments, which the generated code does not have. */
export async function readContract(): Promise<FileDescriptorSet> {
  const directory = await mkdtemp(join(tmpdir(), "moego-docs-"));
  try {
    const file = join(directory, "contract.binpb");
    await promisify(execFile)("node_modules/.bin/buf", ["build", "-o", file]);
    return fromBinary(FileDescriptorSetSchema, await readFile(file));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The comment above the element at a path of field numbers and indexes, as `SourceCodeInfo` defines it. */
export function commentAt(contract: FileDescriptorSet, file: string, path: readonly number[]): string {
  const descriptor = contract.file.find(({ name }) => name === file);
  const location = descriptor?.sourceCodeInfo?.location.find((candidate) => candidate.path.join() === path.join());
  return location?.leadingComments ?? "";
}
