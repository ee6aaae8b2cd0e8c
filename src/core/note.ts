export interface Note {
  readonly id: string;
  readonly note: string;
  /** Staff id; empty when no staff member did it. */
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}
/** How many of the newest notes a customer carries with it; the rest is behind the list of its notes. */

export const maxNotesInRecord = 50;
/** How many a customer or pet carries in a list of many, as far as their texts take so many bytes of UTF-8 together. */

export const maxNotesInList = 10;
export const listedNoteBytes = 4096;
