import assert from "node:assert/strict";
import { parseTrustedProxies } from "../../domain/access/client_address.ts";
import { createClientAddress } from "../../runtime/client_address.ts";

Deno.test("createClientAddress: the socket's address, the trusted proxy's entry, or the platform's header", () => {
  const proxies = parseTrustedProxies("10.0.0.0/8, ::1");
  assert.ok(proxies.ok);
  const forwarded = { "x-forwarded-for": "198.51.100.9, 192.0.2.7" };
  const platform = "CF-Connecting-IP";
  const cases: readonly (readonly [
    string,
    {
      readonly trusted?: true;
      readonly platform?: string;
      readonly remote?: string;
      readonly headers?: Readonly<Record<string, string>>;
    },
    string | undefined,
  ])[] = [
    ["a direct client", { remote: "192.0.2.1" }, "192.0.2.1"],
    ["no address", {}, undefined],
    ["no address, with the header", { headers: forwarded }, undefined],
    ["no trusted proxies", { remote: "10.0.0.1", headers: forwarded }, "10.0.0.1"],
    ["a trusted proxy", { trusted: true, remote: "10.0.0.1", headers: forwarded }, "192.0.2.7"],
    ["another client", { trusted: true, remote: "192.0.2.1", headers: forwarded }, "192.0.2.1"],
    [
      "a mapped address",
      { trusted: true, remote: "::ffff:10.0.0.1", headers: forwarded },
      "192.0.2.7",
    ],
    [
      "text that is no address",
      { trusted: true, remote: "::1", headers: { "x-forwarded-for": "ann@example.com" } },
      "::1",
    ],
    ["a platform", { platform, headers: { [platform]: "2001:db8::7" } }, "2001:db8::7"],
    ["a platform without its header", { platform, remote: "10.0.0.1" }, undefined],
    ["a platform with other text", { platform, headers: { [platform]: "Smith" } }, undefined],
    ["the header without its platform", { headers: { [platform]: "2001:db8::7" } }, undefined],
  ];
  for (const [label, { trusted, platform, remote, headers = {} }, address] of cases) {
    const read = createClientAddress(trusted === true ? proxies.value : [], platform);
    const source = { remoteAddress: remote, headers: new Headers(headers) };
    assert.equal(read(source), address, label);
  }
});
