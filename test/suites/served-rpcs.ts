import type { DescMethodUnary } from "@bufbuild/protobuf";
import { unimplementedRpcs } from "../../src/handlers/unimplemented.js";
import { isUnary } from "../../src/pipeline/contract.js";
import { services } from "../../src/services.js";
import { nameOf } from "./rpc-fixture.js";

const unimplemented = new Set(unimplementedRpcs.map(nameOf));

/** Every rpc of the contract. */
export const allRpcs: readonly DescMethodUnary[] = services.flatMap((service) => service.methods).filter(isUnary);

/** Those that this version serves, and those that it answers with UNIMPLEMENTED. */
export const servedRpcs = allRpcs.filter((method) => !unimplemented.has(nameOf(method)));
export const unservedRpcs = allRpcs.filter((method) => unimplemented.has(nameOf(method)));
