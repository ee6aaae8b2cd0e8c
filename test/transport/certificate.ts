import { generateKeyPairSync, sign } from "node:crypto";

/** A self-signed certificate for localhost and 127.0.0.1, made anew, so that no private key lies in the repository. */
export function selfSigned(): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("2a8648ce3d040302"));
  const name = sequence(der(0x31, sequence(Buffer.concat([oid("550403"), der(0x0c, Buffer.from("localhost"))]))));
  const validity = sequence(Buffer.concat([time("20200101000000Z"), time("20990101000000Z")]));
  const names = sequence(Buffer.concat([der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1]))]));
  const extension = sequence(Buffer.concat([oid("551d11"), der(0x04, names)]));
  const body = sequence(
    Buffer.concat([
      der(0xa0, integer(2)),
      integer(1),
      algorithm,
      name,
      validity,
      name,
      publicKey.export({ type: "spki", format: "der" }),
      der(0xa3, sequence(extension)),
    ]),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)]));
  const certificate = sequence(Buffer.concat([body, algorithm, signature]));
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function sequence(content: Buffer): Buffer {
  return der(0x30, content);
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function time(text: string): Buffer {
  return der(0x18, Buffer.from(text));
}
