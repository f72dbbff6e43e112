/** Exim, a mail server that Debian has, as a process with a folder and a configuration of its own. */
import { CERTIFICATE, CERTIFICATE_KEY } from "./stand_ins/smtp_certificate.ts";
import { waitFor } from "./process.ts";

const PROGRAM = "/usr/sbin/exim4";

/** The login that the server knows. */
export const EXIM_LOGIN = { user: "hark", password: "pass: wörd" };

/** Whether Exim can be started: it is installed, and this process may start a server with its own configuration. */
export function hasExim(): boolean {
  try {
    return Deno.statSync(PROGRAM).isFile && Deno.uid() === 0;
  } catch {
    return false;
  }
}

/** A running Exim. It keeps what it takes in its queue, and delivers nothing. */
export interface Exim extends AsyncDisposable {
  /** The port of SMTP with STARTTLS, and that of TLS from the start. */
  readonly port: number;
  readonly tlsPort: number;
  /** The e-mails in the queue, the oldest first, each as Exim shows it: the head, then the body. */
  queue(): Promise<readonly string[]>;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

async function runExim(folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(PROGRAM, {
    args: ["-C", `${folder}/exim.conf`, ...args],
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Starts the server. It takes e-mails for `example.test` from anybody, for other domains after a login. */
export async function startExim(): Promise<Exim> {
  const folder = await Deno.makeTempDir({ prefix: "hark-exim-" });
  const [port, tlsPort] = [freePort(), freePort()];
  await Deno.chmod(folder, 0o755);
  await Deno.mkdir(`${folder}/spool`);
  await Deno.writeTextFile(`${folder}/cert.pem`, CERTIFICATE);
  await Deno.writeTextFile(`${folder}/key.pem`, CERTIFICATE_KEY);
  const entry = (await Deno.readTextFile("/etc/passwd")).split("\n")
    .find((line) => line.startsWith("Debian-exim:"))?.split(":") ?? [];
  for (const path of ["spool", "cert.pem", "key.pem"]) {
    await Deno.chown(`${folder}/${path}`, Number(entry[2]), Number(entry[3]));
  }
  await Deno.writeTextFile(`${folder}/exim.conf`, configOf(folder, port, tlsPort), { mode: 0o644 });
  const daemon = new Deno.Command(PROGRAM, {
    args: ["-C", `${folder}/exim.conf`, "-bdf"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor("Exim to listen", async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch {
      return false;
    }
  });
  return {
    port,
    tlsPort,
    async queue() {
      const ids = (await runExim(folder, ["-bpc"])).trim() === "0"
        ? []
        : [...(await runExim(folder, ["-bp"])).matchAll(/ (\w{6}-\w{6,}-\w{2,}) </g)];
      return await Promise.all(ids.map(([, id = ""]) => runExim(folder, ["-Mvc", id])));
    },
    async [Symbol.asyncDispose]() {
      daemon.kill("SIGTERM");
      await daemon.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function configOf(folder: string, port: number, tlsPort: number): string {
  return `exim_path = ${PROGRAM}
spool_directory = ${folder}/spool
log_file_path = ${folder}/spool/%slog
pid_file_path = ${folder}/spool/pid
primary_hostname = mail.test
domainlist local_domains = example.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
tls_advertise_hosts = *
tls_certificate = ${folder}/cert.pem
tls_privatekey = ${folder}/key.pem
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
queue_only = true
message_size_limit = 100K
smtputf8_advertise_hosts = *
acl_smtp_rcpt = check_rcpt
begin acl
check_rcpt:
  deny message = relay not permitted
       !domains = +local_domains
       !authenticated = *
  deny message = no such user
       local_parts = unknown
  defer message = greylisted
       local_parts = later
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{${EXIM_LOGIN.user}}}{eq{$auth3}{${EXIM_LOGIN.password}}}}}
  server_set_id = $auth2
`;
}
