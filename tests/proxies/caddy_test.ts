import { shownConfiguration, testProxy } from "./proxy.ts";

testProxy({
  name: "Caddy",
  path: "/usr/bin/caddy",
  configure({ proxy, hark }) {
    const shown = shownConfiguration("caddyfile")
      .replace(/^hark\.example\.gov/m, `http://:${proxy}`)
      .replace("127.0.0.1:8787", `127.0.0.1:${hark}`);
    return `{\n\tadmin off\n\tauto_https off\n}\n${shown}`;
  },
  arguments: (file) => ["run", "--adapter", "caddyfile", "--config", file],
});
