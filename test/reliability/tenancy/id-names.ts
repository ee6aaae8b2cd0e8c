/** Names of fields and columns that hold ids: `id`, `note_id`, `tag_ids`, `created_by`, in either spelling. */
export function isIdLike(name: string): boolean {
  return /(^|_)ids?$|^(created|last_updated|recorded)_by$|[a-z]Ids?$/.test(name) && !data.includes(name);
}

/** End like ids, and are a person's data: the account elsewhere, the visitors of a web site. */
const data = ["account_id", "visitor_ids", "third_account_id"];
