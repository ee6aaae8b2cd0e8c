import { readFile } from "node:fs/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** The descriptors of `proto/` with their comments, which the generated code does not have. */
export async function readContract(): Promise<FileDescriptorSet> {
  return fromBinary(FileDescriptorSetSchema, await readFile("src/gen/descriptor.binpb"));
}

/** The comment above the element at a path of field numbers and indexes, as `SourceCodeInfo` defines it. */
export function commentAt(contract: FileDescriptorSet, file: string, path: readonly number[]): string {
  const descriptor = contract.file.find(({ name }) => name === file);
  const location = descriptor?.sourceCodeInfo?.location.find((candidate) => candidate.path.join() === path.join());
  return location?.leadingComments ?? "";
}
