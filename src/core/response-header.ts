/**
 * Number of matches of a query whose body has no place for it. A handler sets the header, and the transports let pages of
 * other origins read it.
 */
export const matchCountHeader = "moego-match-count";

/** Warnings about a successful request: a code, then the fields, `PHONE_NOT_VALID phones[0].number`. */
export const warningHeader = "moego-warning";
