export interface Note {
  readonly id: string;
  readonly note: string;
  /** Staff id. Empty if no staff member made the change. */
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}

/** Number of newest notes in a single customer. ListCustomerNotes returns all of them. */
export const maxNotesInRecord = 50;

/**
 * Number of newest notes per customer or pet in a list, limited further by the total size of their texts in UTF-8
 * bytes.
 */
export const maxNotesInList = 10;
export const listedNoteBytes = 4096;
