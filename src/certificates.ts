import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Log } from "./db/log.js";
import type { TlsFiles } from "./server/transport/tls.js";
import { StartError } from "./start-error.js";

interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** How often the files are read. Tools that renew certificates do so days before the old one expires. */
const checkIntervalMs = 30_000;

const unusable =
  "TLS_CERT_FILE and TLS_KEY_FILE cannot be used. They must be a PEM certificate and its matching PEM private key " +
  "without a passphrase";

/** @throws StartError */
export async function readTls(files: CertificateFiles): Promise<TlsFiles> {
  try {
    return await readPair(files);
  } catch (cause) {
    throw new StartError(`${unusable}${cause instanceof Error ? ` (${cause.message})` : ""}.`, {
      cause,
      exit: "configuration",
    });
  }
}

async function readPair({ certFile, keyFile }: CertificateFiles): Promise<TlsFiles> {
  const [certificate, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  createSecureContext({ cert: certificate, key });
  return { certificate, key };
}

export interface CertificateWatch extends Disposable {
  /** Reads the files now. */
  check(): Promise<void>;
}

/**
 * Reads the files every 30 seconds and on SIGHUP, and passes on a pair that changed. Polls, because a mounted secret
 * is replaced by a symbolic link, which file events do not report on every system. An invalid pair is logged once, and
 * the previous one stays in use; this includes the moment in which only one of the files is new.
 */
export function watchCertificate(
  files: CertificateFiles,
  { current, renew, log }: { current: TlsFiles; renew: (files: TlsFiles) => void; log: Log },
): CertificateWatch {
  let last = current;
  let problem: string | undefined;
  const check = async () => {
    try {
      const next = await readPair(files);
      problem = undefined;
      if (next.certificate === last.certificate && next.key === last.key) return;
      renew(next);
      last = next;
      log.info({ certFile: files.certFile }, "TLS certificate renewed");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== problem)
        log.warn({ reason }, "the TLS certificate changed and cannot be used; the old one is kept");
      problem = reason;
    }
  };
  const onSignal = () => void check();
  const timer = setInterval(onSignal, checkIntervalMs);
  timer.unref();
  process.on("SIGHUP", onSignal);
  return {
    check,
    [Symbol.dispose]() {
      clearInterval(timer);
      process.off("SIGHUP", onSignal);
    },
  };
}
