import { DomainError, invalidRequest, type Violation } from "../core/errors.js";
import { isId } from "../core/ids.js";
import { onePerField } from "./parse.js";
import type { Context } from "./rpc.js";

/**
 * The values of an update that may repeat what is stored, whatever it is: phone numbers, and required fields that are
 * empty. They are judged once the record is locked, and before that only if the request is refused for other fields.
 */
export interface StoredValues<Request, Stored> {
  /** Returns the violations of those values. Without a record, none of them is stored. */
  judge(request: Request, context: Context): JudgeStored<Stored> | Promise<JudgeStored<Stored>>;
  /** Reads the record without a lock. */
  read(request: Request, context: Context): Promise<Stored>;
}

export type JudgeStored<Stored> = (stored?: Stored) => readonly Violation[];

interface Named {
  readonly id: string;
  readonly customerId?: string;
}

/**
 * Refuses an update with the violations of those values beside the others, so that the client receives all of them at
 * once. Without them, if the record cannot be read.
 */
export async function refuseWithStored<Request extends Named, Stored>(
  refusal: unknown,
  { judge, read }: StoredValues<Request, Stored>,
  request: Request,
  context: Context,
): Promise<never> {
  if (!(refusal instanceof DomainError) || refusal.reason !== "INVALID_REQUEST") throw refusal;
  const { violations = [], violationCount = violations.length } = refusal.details;
  const violationsBeside = await judge(request, context);
  const isNamed = isId(request.id) && isId(request.customerId ?? request.id);
  // Almost no refused request has such a value.
  const mustRead = isNamed && violationsBeside().length > 0;
  const found = mustRead ? await readIfAny(() => read(request, context)) : {};
  const all = found ? onePerField([...violations, ...violationsBeside(found.stored)]) : violations;
  throw invalidRequest(all, violationCount + all.length - violations.length);
}

/** Undefined if the record could not be read. */
async function readIfAny<T>(read: () => Promise<T>): Promise<{ readonly stored?: T } | undefined> {
  try {
    return { stored: await read() };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.reason === "RESOURCE_NOT_FOUND" ? {} : undefined;
  }
}
