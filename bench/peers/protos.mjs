import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The folders to which the contract's imports are relative. */
export const protoFolders = [join(root, "proto"), join(root, "proto/third_party")];
export const customerService = "moego/business/customer/v1/customer_service.proto";
