import assert from "node:assert/strict";
import {
  MAX_ALLOWED_HOSTS,
  MAX_CALLBACK_URL,
  parseAllowedHosts,
  parseCallbackUrl,
} from "../../../domain/callbacks/callback_url.ts";
import { isPublicAddress } from "../../../domain/callbacks/public_address.ts";
import { NAMES_OF_REFUSED_ADDRESSES, REFUSED_URLS } from "./hostile_urls.ts";

const NOTHING_ALLOWED = { hosts: new Set<string>(), loopback: false };

Deno.test(`parseCallbackUrl: lets none of ${REFUSED_URLS.length} hostile URLs through`, () => {
  assert.ok(REFUSED_URLS.length + NAMES_OF_REFUSED_ADDRESSES.length >= 80);
  const through = REFUSED_URLS.filter((url) => parseCallbackUrl(url, NOTHING_ALLOWED).ok);
  assert.deepEqual(through, []);
});

for (
  const url of [
    "https://hooks.library.gov.uk",
    "https://hooks.library.gov.uk/a/b?c=d&e=%20",
    "https://hooks.library.gov.uk:443/",
    "https://hooks.library.gov.uk./",
    "https://кв.укр/notify",
    "https://8.8.8.8/",
    "https://[2a00:1450:4009::8a]/",
    "https://xn--80a.example/",
    "https://a_b.example.com/",
    "https://10.example.com/",
    `https://hooks.library.gov.uk/${"x".repeat(MAX_CALLBACK_URL - 29)}`,
  ]
) {
  Deno.test(`parseCallbackUrl: takes ${url.slice(0, 60)}`, () => {
    assert.ok(parseCallbackUrl(url, NOTHING_ALLOWED).ok);
  });
}

Deno.test("parseCallbackUrl: the allowance excepts a host at its port only, and no credentials", () => {
  const hosts = parseAllowedHosts("127.0.0.1:9000, Intranet:8080,[::1]:9000");
  assert.ok(hosts.ok);
  const allowance = { hosts: hosts.value, loopback: false };
  const isTaken = (url: string) => parseCallbackUrl(url, allowance).ok;
  for (
    const url of [
      "http://127.0.0.1:9000/a",
      "https://127.0.0.1:9000/a",
      "http://0x7f000001:9000/",
      "http://intranet:8080/",
      "http://intranet.:8080/",
      "http://[::1]:9000/",
    ]
  ) assert.ok(isTaken(url), url);
  for (
    const url of [
      "http://127.0.0.1/",
      "http://127.0.0.1:9001/",
      "http://127.0.0.2:9000/",
      "http://localhost:9000/",
      "http://intranet/",
      "http://a@127.0.0.1:9000/",
      "http://127.0.0.1:9000/#a",
      "ftp://127.0.0.1:9000/",
      "http://[::2]:9000/",
    ]
  ) assert.ok(!isTaken(url), url);
});

Deno.test("parseCallbackUrl: development takes this machine at any port, and no other private host", () => {
  const allowance = { hosts: new Set<string>(), loopback: true };
  const isTaken = (url: string) => parseCallbackUrl(url, allowance).ok;
  for (const url of ["http://localhost:9000/", "http://127.8.9.1/", "http://[::1]:1/"]) {
    assert.ok(isTaken(url), url);
  }
  for (const url of ["http://10.0.0.1/", "http://169.254.169.254/", "http://example.com/"]) {
    assert.ok(!isTaken(url), url);
  }
});

Deno.test("parseAllowedHosts: refuses what has no port, a scheme, a path or a user", () => {
  for (
    const entry of [
      "127.0.0.1",
      "http://127.0.0.1:9000",
      "127.0.0.1:9000/a",
      "a@127.0.0.1:9000",
      "127.0.0.1:99999",
      "127.0.0.1:",
      ":9000",
      "*:9000",
      "10.0.0.0/8:9000",
      "::1:9000x",
    ]
  ) assert.deepEqual(parseAllowedHosts(`a.b:1,${entry}`), { ok: false, refusal: entry });
  const many = (count: number) => Array.from({ length: count }, (_, n) => `h${n}:1`).join();
  assert.ok(parseAllowedHosts(many(MAX_ALLOWED_HOSTS)).ok);
  assert.ok(!parseAllowedHosts(many(MAX_ALLOWED_HOSTS + 1)).ok);
});

Deno.test("isPublicAddress: the addresses beside a refused range are public", () => {
  for (
    const address of [
      "1.0.0.0",
      "9.255.255.255",
      "11.0.0.0",
      "100.63.255.255",
      "100.128.0.0",
      "126.255.255.255",
      "128.0.0.0",
      "169.253.255.255",
      "169.255.0.0",
      "172.15.255.255",
      "172.32.0.0",
      "192.167.255.255",
      "192.169.0.0",
      "198.17.255.255",
      "198.20.0.0",
      "223.255.255.255",
      "2001:200::1",
      "2001:db7::1",
      "2003::1",
      "2606:4700::1111",
    ]
  ) assert.ok(isPublicAddress(address), address);
  for (
    const text of ["", "example.com", "1.2.3", "8.8.8.8.8", "fe80::1%eth0", "256.1.1.1", "[::1]"]
  ) {
    assert.ok(!isPublicAddress(text), text);
  }
});
