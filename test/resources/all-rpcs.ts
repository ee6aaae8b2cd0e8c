import type { DescMethodUnary } from "@bufbuild/protobuf";
import { isUnary } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";

/** Every rpc of the contract; all of them are served. */
export const allRpcs: readonly DescMethodUnary[] = services.flatMap((service) => service.methods).filter(isUnary);
