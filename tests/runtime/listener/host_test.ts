import assert from "node:assert/strict";
import { isHost } from "../../../runtime/listener/host.ts";

Deno.test("isHost: accepts names, addresses and ports", () => {
  for (
    const host of [
      "a",
      "localhost",
      "localhost:8787",
      "hark.example.",
      "xn--e1afmkfd.xn--p1ai",
      "my_host.internal:1",
      "127.0.0.1:65535",
      "[::1]",
      "[2001:db8::1]:443",
      "[::ffff:192.0.2.1]:80",
      "a".repeat(255),
    ]
  ) assert.ok(isHost(host), host);
});

Deno.test("isHost: refuses what could change the path, the query or the authority", () => {
  for (
    const host of [
      undefined,
      "",
      "a/manage/services?",
      "a/b",
      "a?b",
      "a#b",
      "a\\b",
      "user@a",
      "a b",
      " a",
      "a:",
      "a:b",
      "a:65536",
      "a:123456",
      "a:1:2",
      "[::1",
      "::1",
      "[a]",
      "[::1]a",
      "-a",
      "a%2f",
      "a,b",
      "ä",
      "a".repeat(256),
    ]
  ) assert.ok(!isHost(host), String(host));
});
