import { shownConfiguration, testProxy } from "./proxy.ts";

testProxy({
  name: "nginx",
  path: "/usr/sbin/nginx",
  configure({ proxy, hark }, folder) {
    const shown = shownConfiguration("nginx")
      .replace(/^ *ssl_\w+ .*\n/gm, "")
      .replace("listen 443 ssl;", `listen 127.0.0.1:${proxy};`)
      .replace("127.0.0.1:8787", `127.0.0.1:${hark}`);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n");
    const user = Deno.uid() === 0 ? "user root;" : "";
    return `${user}\ndaemon off;\npid ${folder}/nginx.pid;\nerror_log stderr;\nevents {}\n` +
      `http {\naccess_log off;\n${paths}\n${shown}\n}\n`;
  },
  arguments: (file) => ["-e", "stderr", "-c", file],
});
