export { type FollowOptions, follow } from "./follow.js";
export type { Moego } from "./moego.js";
export { isMoegoError, MoegoError, type Reason, type Violation } from "./moego-error.js";
export type { MoegoOptions } from "./options.js";
export { type EntryOf, entries, pages } from "./pages.js";
export type { RetryOptions } from "./retry.js";
