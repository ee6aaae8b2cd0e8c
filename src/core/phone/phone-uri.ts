import { isWithheldHost } from "./withheld-caller.js";

/** What an address of a telephone says: `tel:` (RFC 3966), `sip:` and `sips:` (RFC 3261), or a number alone. */
export interface PhoneUri {
  readonly number: string;
  /** "" if there is none. */
  readonly extension: string;
  /** The digits before a local number, from `phone-context=+1212`. "" if the context is a domain or absent. */
  readonly context: string;
}

const scheme = /^(?:sips?|tel|callto|client|whatsapp|fax|sms|smsto|h323):(?:\/\/)?/i;

/** Parameters of a number without scheme and host, where a semicolon can also be punctuation. */
const plainParameter = /^(?:[a-z][a-z0-9-]*=.*|npdi|\d{1,6}#?)$/i;

/**
 * Takes apart an address. Its parameters but the extension and the context say how to route the call (`;rn=`,
 * `;npdi`, RFC 4694), who calls (`;cpc=`, `;isup-oli=`, `;verstat=`) or which device (`;isub=`). They are left out.
 *
 * @returns undefined if the text has several parts that are not parameters
 */
export function readPhoneUri(address: string): PhoneUri | "withheld" | undefined {
  const target = address.replace(scheme, "");
  const at = target.lastIndexOf("@");
  const [host = ""] = target.slice(at + 1).split(/[;:?>]/);
  if (at >= 0 && isWithheldHost(host.trim())) return "withheld";
  const isUri = at >= 0 || target !== address;
  const userPart = at >= 0 ? target.slice(0, at) : isUri ? target.replace(/\?.*$/, "") : target;
  const [first = "", ...rest] = userPart.split(";");
  const parameters = rest.map((parameter) => parameter.trim()).filter((parameter) => parameter !== "");
  if (!isUri && !parameters.every((parameter) => plainParameter.test(parameter))) return undefined;
  return {
    // A password or a device can follow the user behind a colon.
    number: (at >= 0 ? first.replace(/:.*$/, "") : first).trim(),
    extension: parameters.map(extensionOf).find((extension) => extension !== "") ?? "",
    context: parameters.map(contextOf).find((context) => context !== "") ?? "",
  };
}

/** `;ext=5`, and `;5`, which telephones store for digits to dial after the call is answered. */
function extensionOf(parameter: string): string {
  return /^(?:(?:ext|postd)=)?([\d.\-()]*\d)#?$/i.exec(parameter)?.[1]?.replace(/\D/g, "") ?? "";
}

/** The plus of a query string is decoded as a space. */
function contextOf(parameter: string): string {
  return /^phone-context=[+\s]([\d.\-()]+)$/i.exec(parameter)?.[1]?.replace(/\D/g, "") ?? "";
}
