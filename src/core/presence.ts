/**
 * The members of a JSON request for which its message holds nothing: `null`, and `""`, `0`, `false`, `[]` or `{}` in a
 * field that has this value when it is absent. By path in names of the contract: `preference.receive_auto_email`,
 * `lead.pets[0].breed`, `custom_fields["size"]`.
 *
 * A member of a JSON request is thus known to be present: it is set in the message, or listed here. Every other one is
 * absent. Undefined for a binary request, whose absent and empty fields are the same.
 */
export type EmptyMembers = ReadonlyMap<string, Emptiness>;

export type Emptiness = "null" | "empty";
