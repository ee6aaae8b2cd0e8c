import { hkdfSync } from "node:crypto";
import { BackupError } from "./backup-error.js";
import type { Manifest } from "./manifest.js";

/** The secrets of the server that a backup does not contain. */
export interface BackupSecrets {
  readonly secretKey: Uint8Array;
  readonly previousSecretKeys?: readonly Uint8Array[];
  readonly pageTokenSecret: string;
}

/** Values that identify the secrets. They reveal nothing about them: each secret has at least 128 random bits. */
export function checksOf({ secretKey, previousSecretKeys = [], pageTokenSecret }: BackupSecrets): Manifest["secrets"] {
  return {
    secretKey: checkOf("SECRET_KEY", secretKey),
    previousSecretKeys: previousSecretKeys.map((key) => checkOf("SECRET_KEY", key)),
    pageTokenSecret: checkOf("PAGE_TOKEN_SECRET", Buffer.from(pageTokenSecret)),
  };
}

/**
 * Compares the secrets of this process with those of a backup.
 *
 * @returns warnings about what still works, with a restriction
 * @throws BackupError if nothing that was sealed when the backup was taken can be opened
 */
export function compareSecrets(ofBackup: Manifest["secrets"], secrets: BackupSecrets): readonly string[] {
  const present = checksOf(secrets);
  const known = new Set([present.secretKey, ...present.previousSecretKeys]);
  if (!known.has(ofBackup.secretKey)) {
    throw new BackupError(
      "SECRET_KEY is not the key of this backup. Without that key, stored secrets cannot be decrypted, and erased " +
        "ids and opt-outs are not recognized. Set SECRET_KEY, or SECRET_KEY_PREVIOUS, to the key of the backup. If it " +
        "is lost, add --without-secret-key.",
      { exit: "configuration" },
    );
  }
  const missing = ofBackup.previousSecretKeys.filter((key) => !known.has(key)).length;
  return [
    ...(missing > 0
      ? [`${missing} of the keys in SECRET_KEY_PREVIOUS at the time of the backup are not set now.`]
      : []),
    ...(present.pageTokenSecret !== ofBackup.pageTokenSecret
      ? ["PAGE_TOKEN_SECRET is not the secret of the backup: clients have to start their lists again."]
      : []),
  ];
}

/** A value that identifies a secret. It reveals nothing about it. */
export function checkOf(name: string, secret: Uint8Array): string {
  return Buffer.from(hkdfSync("sha256", secret, "", `moego backup check of ${name}`, 16)).toString("hex");
}
