import { createRegistry } from "@bufbuild/protobuf";
import { file_google_rpc_error_details } from "../../gen/proto/google/rpc/error_details_pb.js";

/** The message types of error details, needed to write them as JSON. */
export const detailTypes = createRegistry(file_google_rpc_error_details);
