/**
 * Spellings of loopback that would reach a listener on this machine: `PORT` is the one it listens on. A bare http URL
 * stands beside an https one, since both a scheme and an address can be what lets a packet out.
 */
export const loopbackSpellings: readonly string[] = [
  ...["127.0.0.1", "127.1", "127.0.1", "127.0.0.2", "127.255.255.254", "127.0.0.1."],
  ...["2130706433", "0x7f000001", "0X7F000001", "017700000001", "0177.0.0.1", "0177.0.0.01", "0177.0.0x0.1"],
  ...["0x7f.1", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "127.0x1", "127.000.000.001", "0177.1", "127.65535", "127.0.513"],
  ...["0", "0.0.0.0", "0x0", "00", "0.0", "0.0.0", "0.0.0.0."],
  ...["%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127.0.0.%31", "%6c%6f%63%61%6c%68%6f%73%74"],
  ...["１２７.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.0.0.1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "𝟘x7f.1"],
  ...[
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ",
    "𝐥𝐨𝐜𝐚𝐥𝐡𝐨𝐬𝐭",
    "loca\u00adlhost",
    "ｌocalhoｓt",
  ],
  ...["[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0:1]", "[0::1]", "[::0.0.0.1]"],
  ...[
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::FFFF:7F00:0001]",
    "[::ffff:127.1.2.3]",
  ],
  ...["[::]", "[0:0:0:0:0:0:0:0]", "[::0]", "[::ffff:0.0.0.0]"],
].flatMap((host) => [`https://${host}:PORT/`, `http://${host}:PORT/`]);

/** URLs that their text alone forbids. */
export const forbiddenUrls = {
  loopback: loopbackSpellings,
  scheme: [
    ...["http://api.example.com/", "ftp://api.example.com/", "file:///etc/passwd", "gopher://127.0.0.1:PORT/_GET"],
    ...["ws://api.example.com/", "wss://api.example.com/", "data:text/plain,hello", "javascript:alert(1)", "blob:x"],
    ...[
      "unix:/var/run/docker.sock",
      "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
      "dict://127.0.0.1:PORT/stat",
      "about:blank",
    ],
    ...[
      "ldap://127.0.0.1:PORT/",
      "HTTP://API.EXAMPLE.COM/",
      "jar:https://api.example.com!/",
      "view-source:https://a.example/",
    ],
  ],
  "not absolute": [
    ...[
      "",
      " ",
      "//127.0.0.1:PORT/",
      "/v1/customers",
      "api.example.com",
      "https:",
      "https://",
      "https:///",
      "https:/a.example",
    ],
    ...[
      "https:a.example/",
      "https:///127.0.0.1:PORT/",
      "https:////127.0.0.1:PORT/",
      "?a=b",
      "https://:PORT/",
      "https://?x",
    ],
  ],
  "user information": [
    ...["https://user@api.example.com/", "https://user:pass@api.example.com/", "https://@api.example.com/"],
    ...[
      "https://:@api.example.com/",
      "https://api.example.com@127.0.0.1:PORT/",
      "https://127.0.0.1:PORT@api.example.com/",
    ],
    ...["https://a.example%40b.example@127.0.0.1:PORT/", "https://a@b@127.0.0.1:PORT/"],
  ],
  fragment: ["https://api.example.com/#", "https://api.example.com/#a", "https://api.example.com#@127.0.0.1:PORT/"],
  "ambiguous characters": [
    ...[
      "https://127.0.0.1:PORT\\@api.example.com/",
      "https:\\\\127.0.0.1:PORT/",
      "https://api.example.com\\.127.0.0.1:PORT/",
    ],
    ...[
      "https://127.0.0\t.1:PORT/",
      "https://127.0.0.1\n:PORT/",
      "https://127.0.0.1:PORT/\r\nHost: a",
      " https://127.0.0.1:PORT/",
    ],
    ...[
      "https://api.example.com/a b",
      "https://api.example.com/\u0000",
      "\u0000https://127.0.0.1:PORT/",
      "https://lo\ncalhost:PORT/",
    ],
    ...[
      "https://api.example.com /",
      "https://{host}.example.com/",
      "https://api.example.com\u00a0/",
      "https://a\u2028.example/",
    ],
  ],
  port: [
    "https://api.example.com:0/",
    "https://api.example.com:65536/",
    "https://api.example.com:-1/",
    "https://a.example:x/",
  ],
  "zone id": [
    "https://[fe80::1%25lo]:PORT/",
    "https://[fe80::1%lo]:PORT/",
    "https://[::1%25lo]:PORT/",
    "https://[::1%lo]:PORT/",
  ],
  "name of this machine or network": [
    ...[
      "https://localhost.:PORT/",
      "https://a.localhost:PORT/",
      "https://localhost.localdomain:PORT/",
      "https://api.local/",
    ],
    ...[
      "https://metadata.google.internal/",
      "https://kubernetes.default.svc.cluster.local/",
      "https://router.home.arpa/",
    ],
    ...[
      "https://intranet/",
      "https://kubernetes/",
      "https://metadata/",
      "https://ip6-localhost:PORT/",
      "https://broadcasthost/",
    ],
    ...[
      "https://instance-data.ec2.internal/",
      "https://db.localdomain/",
      "https://api.example.com./",
      "https://localhost..:PORT/",
    ],
  ],
} satisfies Readonly<Record<string, readonly string[]>>;

/** Addresses that are no globally routable unicast; each is tried as a literal and as what a public name resolves to. */
export const forbiddenAddresses = {
  "loopback address": ["127.0.0.1", "127.8.8.8", "::1"],
  unspecified: ["0.0.0.0", "0.1.2.3", "::"],
  private: ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255"],
  "link-local": ["169.254.0.1", "169.254.255.254", "fe80::1", "febf::1"],
  metadata: [
    ...["169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"],
    ...["100.100.100.200", "168.63.129.16", "192.0.0.192"],
  ],
  "carrier-grade NAT": ["100.64.0.1", "100.127.255.254"],
  "protocol assignments": ["192.0.0.1", "192.0.0.170", "192.88.99.1", "192.175.48.1", "192.31.196.1", "192.52.193.1"],
  documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.255", "2001:db8::1", "3fff::1", "3fff:fff::1"],
  benchmarking: ["198.18.0.1", "198.19.255.254", "2001:2::1"],
  multicast: ["224.0.0.1", "239.255.255.250", "232.1.1.1", "ff02::1", "ff0e::1"],
  reserved: [
    "240.0.0.1",
    "250.1.1.1",
    "255.255.255.255",
    "100::1",
    "200::1",
    "1fff::1",
    "4000::1",
    "8000::1",
    "e000::1",
  ],
  "unique local": ["fc00::1", "fd12:3456:789a::1", "fdff:ffff::1"],
  "site-local": ["fec0::1", "feff::1"],
  "IPv4-mapped": ["::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe"],
  "IPv4-compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::a9fe:a9fe"],
  "IPv4-translated": ["::ffff:0:127.0.0.1", "::ffff:0:10.0.0.1"],
  NAT64: ["64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "64:ff9b:1:ffff::1"],
  "6to4": ["2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:a00:1::", "2002:808:808::1"],
  Teredo: ["2001::1", "2001:0:7f00:1::1", "2001:0:a9fe:a9fe:8000:63bf:f5ff:fffe"],
  ISATAP: ["2600:1:2:3:0:5efe:10.0.0.1", "2600:1:2:3:200:5efe:169.254.169.254", "fe80::5efe:127.0.0.1"],
  ORCHID: ["2001:10::1", "2001:20::1", "2001:30::1", "2001:4:112::1", "2001:3::1", "2620:4f:8000::1"],
  "segment routing": ["5f00::1"],
  "6bone": ["3ffe::1", "3ffe:ffff::1"],
} satisfies Readonly<Record<string, readonly string[]>>;
