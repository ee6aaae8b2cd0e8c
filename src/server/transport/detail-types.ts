import { createRegistry } from "@bufbuild/protobuf";
import { file_google_rpc_error_details } from "../../gen/proto/google/rpc/error_details_pb.js";

/** The types that the details of an error can have, for writing them as JSON. */
export const detailTypes = createRegistry(file_google_rpc_error_details);
