import assert from "node:assert/strict";
import { isLoopbackHost } from "../../../domain/access/loopback.ts";

Deno.test("isLoopbackHost: accepts localhost, names below it, 127.0.0.0/8 and ::1 in every form", () => {
  for (
    const url of [
      "http://localhost:8787",
      "http://LOCALHOST",
      "http://localhost./",
      "http://hark.localhost",
      "http://127.0.0.1",
      "http://127.255.255.255",
      "http://127.1",
      "http://0x7f000001",
      "http://[::1]:80",
      "http://[::ffff:127.0.0.1]",
    ]
  ) {
    assert.equal(isLoopbackHost(new URL(url).hostname), true, url);
  }
});

Deno.test("isLoopbackHost: refuses every other host, even one that looks like loopback", () => {
  for (
    const host of [
      "",
      "127.0.0.1.example.org",
      "localhost.example.org",
      "notlocalhost",
      "126.255.255.255",
      "128.0.0.1",
      "0.0.0.0",
      "[::]",
      "[::2]",
      "[fe80::1]",
      "192.168.0.1",
    ]
  ) {
    assert.equal(isLoopbackHost(host), false, host);
  }
});
