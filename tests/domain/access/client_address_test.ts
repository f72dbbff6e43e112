import assert from "node:assert/strict";
import {
  clientAddress,
  MAX_FORWARDED_ENTRIES,
  MAX_TRUSTED_PROXIES,
  networkOf,
  parseAddress,
  parseTrustedProxies,
} from "../../../domain/access/client_address.ts";

function trusted(text: string) {
  const ranges = parseTrustedProxies(text);
  assert.ok(ranges.ok);
  return ranges.value;
}

Deno.test("parseAddress: reads IPv4 and IPv6, and nothing else", () => {
  assert.equal(parseAddress("127.0.0.1"), parseAddress("::ffff:127.0.0.1"));
  assert.equal(parseAddress("::ffff:7f00:1"), parseAddress("127.0.0.1"));
  assert.equal(parseAddress("2001:db8::1"), parseAddress("2001:0DB8:0:0:0:0:0:1"));
  assert.equal(parseAddress("::"), 0n);
  assert.equal(parseAddress("1::"), 1n << 112n);
  for (
    const text of [
      "",
      "1",
      "1.2.3",
      "256.1.1.1",
      "1.2.3.4.5",
      ":",
      ":::",
      "1::2::3",
      "g::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "12345::",
      "fe80::1%eth0",
      "[::1]",
      "::1.2.3",
    ]
  ) assert.equal(parseAddress(text), undefined, text);
});

Deno.test("parseTrustedProxies: names the entry that is no address", () => {
  assert.equal(trusted(" 10.0.0.0/8, ::1 ,, 192.0.2.1").length, 3);
  for (const entry of ["10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/8/8", "proxy.example"]) {
    assert.deepEqual(parseTrustedProxies(`127.0.0.1, ${entry}`), { ok: false, refusal: entry });
  }
  const many = Array(MAX_TRUSTED_PROXIES).fill("::1").join(",");
  assert.ok(parseTrustedProxies(many).ok);
  assert.ok(!parseTrustedProxies(`${many},::1`).ok);
});

Deno.test("clientAddress: believes X-Forwarded-For as far as proxies are trusted", () => {
  const proxies = trusted("10.0.0.0/8, ::1, 2001:db8::/32");
  const cases: readonly [remote: string | undefined, header: string | undefined, client: string][] =
    [
      ["192.0.2.7", "198.51.100.1", "192.0.2.7"],
      ["10.1.2.3", undefined, "10.1.2.3"],
      ["10.1.2.3", "198.51.100.1", "198.51.100.1"],
      ["10.1.2.3", "203.0.113.9, 198.51.100.1", "198.51.100.1"],
      ["10.1.2.3", "203.0.113.9, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
      ["::1", "198.51.100.1:4711", "198.51.100.1"],
      ["::ffff:10.1.2.3", "[2001:db9::5]:80", "2001:db9::5"],
      ["10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
      ["10.1.2.3", "198.51.100.1, unknown", "10.1.2.3"],
      ["10.1.2.3", "", "10.1.2.3"],
      ["10.1.2.3", "<script>", "10.1.2.3"],
      [undefined, "198.51.100.1", "unknown"],
    ];
  for (const [remote, header, client] of cases) {
    assert.equal(clientAddress(remote, header, proxies), client, `${remote} ${header}`);
  }
});

Deno.test("clientAddress: reads MAX_FORWARDED_ENTRIES entries from the end, and no more", () => {
  const proxies = trusted("10.0.0.0/8");
  const read = (count: number) => {
    const entries = ["192.0.2.7", ...Array.from({ length: count }, (_, i) => `10.0.0.${i}`)];
    return clientAddress("10.9.9.9", entries.join(", "), proxies);
  };
  assert.equal(read(MAX_FORWARDED_ENTRIES - 1), "192.0.2.7");
  assert.equal(read(MAX_FORWARDED_ENTRIES), "10.0.0.0");
});

Deno.test("networkOf: is the same for neighbours", () => {
  assert.equal(networkOf("192.0.2.1"), networkOf("192.0.2.254"));
  assert.notEqual(networkOf("192.0.2.1"), networkOf("192.0.3.1"));
  assert.equal(networkOf("2001:db8:0:aa00::1"), networkOf("2001:db8:0:aaff::1"));
  assert.notEqual(networkOf("2001:db8:0:aa00::1"), networkOf("2001:db8:0:ab00::1"));
  assert.equal(networkOf("unknown"), "unknown");
});
