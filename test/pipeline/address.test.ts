import { describe, expect, it } from "vitest";
import { addressSet, callerAddress } from "../../src/server/pipeline/client-address.js";

describe("a set of addresses", () => {
  it.each([
    ["10.1.2.3", ["10.0.0.0/8"]],
    ["10.1.2.3", ["10.1.2.3"]],
    ["::ffff:10.1.2.3", ["10.1.2.3"]],
    ["0:0:0:0:0:ffff:a01:203", ["10.0.0.0/8"]],
    ["10.1.2.3", ["::ffff:10.1.2.3"]],
    ["10.1.2.3", ["::ffff:10.0.0.0/104"]],
    ["2001:db8::5", ["2001:db8::/32"]],
    ["2001:0DB8::0005", ["2001:db8::5"]],
    ["fe80::1%eth0", ["fe80::1"]],
  ])("holds %s by %s", (address, rules) => {
    expect(addressSet(rules).has(address)).toBe(true);
  });

  it.each([
    ["11.1.2.3", ["10.0.0.0/8"]],
    ["2001:db9::5", ["2001:db8::/32"]],
    ["10.1.2.3", ["nonsense", "10.0.0.0/99", "10.0.0.0/x", "/8", ""]],
    ["unknown", ["0.0.0.0/0", "::/0"]],
    ["10.1.2.3", []],
  ])("does not hold %s by %s", (address, rules) => {
    expect(addressSet(rules).has(address)).toBe(false);
  });
});

describe("the caller's address", () => {
  const proxies = addressSet(["10.0.0.0/8", "::1"]);
  it.each([
    ["the peer, when it is no proxy of ours", "203.0.113.9", "198.51.100.1", "203.0.113.9"],
    ["the peer without the header", "10.0.0.1", undefined, "10.0.0.1"],
    ["what the proxy says", "10.0.0.1", "198.51.100.1", "198.51.100.1"],
    [
      "the right-most that is no proxy, not what the caller claims",
      "10.0.0.1",
      "1.1.1.1, 198.51.100.1, 10.0.0.2",
      "198.51.100.1",
    ],
    ["the left-most when all are proxies", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["the last that can be read", "10.0.0.1", "198.51.100.1, garbage, 10.0.0.2", "10.0.0.2"],
    ["without its port", "::1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["without its port, IPv4", "::ffff:10.0.0.1", "198.51.100.1:80", "198.51.100.1"],
  ])("is %s", (_what, peer, forwardedFor, expected) => {
    expect(callerAddress(peer, forwardedFor, proxies)).toBe(expected);
  });
});
