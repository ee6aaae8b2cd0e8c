import type { DescMethodUnary } from "@bufbuild/protobuf";

/**
 * The rpcs of the contract that this version does not serve yet: they answer UNIMPLEMENTED, after key and permission.
 * Start-up fails for an rpc that has neither a handler nor a place here.
 */
export const unimplementedRpcs: readonly DescMethodUnary[] = [];
