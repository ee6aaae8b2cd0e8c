import type { DomainError } from "../../core/errors.js";
import type { CustomerBatchUnit } from "./customer-batch.model.js";
import { quotaExceeded } from "./customer-create.service.js";

interface Limiting {
  readonly companyId: string;
  readonly refused: Map<number, DomainError>;
}

/** The items up to the customer limit of the company. */
export async function withinCustomerLimit<Item extends { readonly position: number }>(
  unit: CustomerBatchUnit,
  items: readonly Item[],
  { companyId, refused }: Limiting,
): Promise<readonly Item[]> {
  if (items.length === 0) return items;
  const limited = await unit.customerRoom();
  if (!limited) return items;
  for (const { position } of items.slice(limited.room)) refused.set(position, quotaExceeded(companyId, limited.limit));
  return items.slice(0, limited.room);
}
