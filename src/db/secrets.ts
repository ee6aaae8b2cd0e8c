import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { generateSecret } from "../core/key-secrets.js";
import { OperatorError, type OperatorErrorOptions } from "../core/operator-error.js";

/** Secrets stored in DATA_DIR if the environment does not set them. */
interface KeptSecrets {
  readonly pageTokenSecret: string;
  /** 32 bytes in base64. */
  readonly secretKey: string;
  readonly demoKey: string;
  readonly secondDemoKey: string;
}

/** The stored secrets cannot be read. The message says what to do. */
export class SecretsError extends OperatorError {
  override readonly name = "SecretsError";

  constructor(message: string, { exit = "configuration", ...options }: OperatorErrorOptions = {}) {
    super(message, { ...options, exit });
  }
}

const keptSchema = z.object({
  pageTokenSecret: z.string().min(32),
  secretKey: z.string().length(44),
  demoKey: z.string().min(32),
  secondDemoKey: z.string().min(32),
});

/**
 * Reads `DATA_DIR/secrets.json` (mode 0600), or creates it. Safe with concurrent first starts: one writes the file,
 * both read it.
 *
 * @throws SecretsError
 */
export async function openSecrets(dataDir: string): Promise<KeptSecrets> {
  const file = join(dataDir, "secrets.json");
  const kept = await readKept(file);
  if (kept) return kept;
  await mkdir(dataDir, { recursive: true });
  await writeOnce(file, `${JSON.stringify(newSecrets(), null, 2)}\n`);
  const written = await readKept(file);
  if (!written) throw new SecretsError(`${file} was removed while it was being read. Restart.`);
  return written;
}

async function readKept(file: string): Promise<KeptSecrets | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw new SecretsError(`No permission to read ${file}.`, { cause, exit: "permission" });
  }
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    // Without the cause, which would quote the file.
    throw new SecretsError(
      `${file} is corrupted. Restore it, or delete it to generate new secrets (existing encrypted data becomes unreadable).`,
    );
  }
}

/** A hard link makes the complete file appear at once, and fails if another process was first. */
async function writeOnce(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx", flush: true });
    await link(draft, file);
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST")
      throw new SecretsError(`No permission to write ${file}.`, { cause, exit: "permission" });
  } finally {
    await rm(draft, { force: true });
  }
}

function newSecrets(): KeptSecrets {
  return {
    pageTokenSecret: randomBytes(32).toString("hex"),
    secretKey: randomBytes(32).toString("base64"),
    demoKey: generateSecret(),
    secondDemoKey: generateSecret(),
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
