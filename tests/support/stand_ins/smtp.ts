/**
 * A stand-in for a mail server, written from RFC 5321, 4954, 3207, 1870 and 2920: strict about commands, their order and
 * line ends, and it misbehaves on demand.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { CERTIFICATE, CERTIFICATE_KEY } from "./smtp_certificate.ts";

/** An e-mail that the stand-in has taken. */
export interface AcceptedMail {
  readonly from: string;
  readonly to: string;
  /** The headers, unfolded, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Everything after the head, as it came. */
  readonly body: string;
  /** Whether the connection was encrypted, and who had logged in. */
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

/** The steps of a session that a script can change. `end` is the dot after the content. */
export type SmtpStep = "greeting" | "ehlo" | "starttls" | "auth" | "mail" | "rcpt" | "data" | "end";

/**
 * What happens at a step instead of the usual reply. `reply` answers with this; `close` ends the connection without an
 * answer; `reset` does so with RST; `hang` never answers; `slow` answers as usual after a delay. `taken-close`,
 * `taken-cut` (after half an answer) and `taken-hang` take the e-mail, at `end` only. `cut` closes in the middle of the content, at `data` only.
 */
export type SmtpMisbehaviour =
  | { readonly kind: "reply"; readonly text: string }
  | { readonly kind: "close" | "reset" | "taken-close" | "taken-cut" | "taken-hang" | "cut" }
  /** The connection is closed after so many milliseconds, if any. */
  | { readonly kind: "hang"; readonly ms?: number }
  | { readonly kind: "slow"; readonly ms: number };

/** How the stand-in is set up. */
export interface SmtpOptions {
  readonly tls: "implicit" | "starttls" | "none";
  /** The login that it requires; none when absent. */
  readonly login?: { readonly user: string; readonly password: string };
  /** The extensions that it offers beside STARTTLS and AUTH. */
  readonly extensions?: readonly string[];
  readonly port?: number;
  /** How many e-mails it takes over one connection: a further MAIL is answered 421. Without a limit when absent. */
  readonly mailsPerConnection?: number;
}

/** The running stand-in. */
export interface SmtpStandIn {
  readonly port: number;
  readonly accepted: readonly AcceptedMail[];
  /** How many e-mails came whole so far, taken or not. */
  readonly contents: number;
  /** How many connections were made so far, and how many are open. */
  readonly connections: { readonly made: number; readonly open: number };
  /** The clients' names in EHLO, in order. */
  readonly names: readonly string[];
  /** Every violation of the protocol by the client. */
  readonly violations: readonly string[];
  /** Scripts the next session step of this kind; repeated calls script those after it. */
  next(step: SmtpStep, behaviour: SmtpMisbehaviour): void;
  /** Scripts each step of this kind; `undefined` restores the usual reply. */
  always(step: SmtpStep, behaviour: SmtpMisbehaviour | undefined): void;
  /** Ends every connection. */
  drop(): void;
  close(): Promise<void>;
}

const DEFAULT_EXTENSIONS = ["PIPELINING", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES"];
const ADDRESS = /^<([^<>\s@]+@[^<>\s@]+)>$/;

/** Starts the stand-in on 127.0.0.1. */
export async function startSmtp(options: SmtpOptions): Promise<SmtpStandIn> {
  const accepted: AcceptedMail[] = [];
  const names: string[] = [];
  const violations: string[] = [];
  const script = new Map<SmtpStep, SmtpMisbehaviour[]>();
  const always = new Map<SmtpStep, SmtpMisbehaviour>();
  const sockets = new Set<Socket>();
  let made = 0;
  let contents = 0;

  const session: Session = {
    options,
    behaviour(step) {
      if (step === "end") contents++;
      return script.get(step)?.shift() ?? always.get(step);
    },
    take: (mail) => void accepted.push(mail),
    greet: (name) => void names.push(name),
    violated: (what) => void violations.push(what),
  };
  const onConnection = (socket: Socket) => {
    made++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    converse(socket, session, options.tls === "implicit");
  };
  const server: Server = options.tls === "implicit"
    ? createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, onConnection)
    : createServer(onConnection);
  // A failed handshake is the client's to tell.
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  return {
    port: address.port,
    accepted,
    names,
    violations,
    get contents() {
      return contents;
    },
    get connections() {
      return { made, open: sockets.size };
    },
    next: (step, behaviour) => void script.set(step, [...script.get(step) ?? [], behaviour]),
    always(step, behaviour) {
      if (behaviour === undefined) always.delete(step);
      else always.set(step, behaviour);
    },
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Session {
  readonly options: SmtpOptions;
  behaviour(step: SmtpStep): SmtpMisbehaviour | undefined;
  take(mail: AcceptedMail): void;
  greet(name: string): void;
  violated(what: string): void;
}

/** Serves one connection, or what is left of it after STARTTLS. */
function converse(socket: Socket, session: Session, encrypted: boolean, isUpgraded = false): void {
  const { options } = session;
  let input = "";
  let user: string | undefined;
  let greeted = false;
  let from: string | undefined;
  let to: string | undefined;
  let taken = 0;
  let inContent = false;
  let busy = false;
  let dead = false;

  function reply(text: string): void {
    if (!socket.destroyed) socket.write(`${text}\r\n`);
  }

  /** Answers a step, unless the script wants something else. @returns whether the usual thing happens */
  async function step(name: SmtpStep, usual: string): Promise<boolean> {
    const behaviour = session.behaviour(name);
    switch (behaviour?.kind) {
      case undefined:
        reply(usual);
        return true;
      case "reply":
        reply(behaviour.text);
        if (behaviour.text.startsWith("421")) socket.end();
        return false;
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, behaviour.ms));
        reply(usual);
        return true;
      case "cut":
        reply(usual);
        dead = true;
        socket.once("data", () => socket.destroy());
        return false;
      case "taken-close":
        socket.destroy();
        return true;
      case "taken-cut":
        socket.end("250 2.0");
        return true;
      case "taken-hang":
        dead = true;
        return true;
      case "hang":
        dead = true;
        if (behaviour.ms !== undefined) setTimeout(() => socket.destroy(), behaviour.ms).unref();
        return false;
      case "reset":
        dead = true;
        socket.resetAndDestroy();
        return false;
      case "close":
        dead = true;
        socket.destroy();
        return false;
    }
  }

  function refuse(text: string, what: string): void {
    session.violated(what);
    reply(text);
  }

  async function ehlo(name: string): Promise<void> {
    if (name === "") return refuse("501 5.5.4 A name is required", "EHLO without a name");
    const offers = [
      ...options.extensions ?? DEFAULT_EXTENSIONS,
      ...(options.tls === "starttls" && !encrypted ? ["STARTTLS"] : []),
      ...(options.login !== undefined && (encrypted || options.tls === "none")
        ? ["AUTH PLAIN"]
        : []),
    ];
    session.greet(name);
    const lines = ["stand-in.test", ...offers];
    const text = lines.map((line, i) => `250${i === lines.length - 1 ? " " : "-"}${line}`);
    if (await step("ehlo", text.join("\r\n"))) greeted = true;
  }

  async function starttls(): Promise<void> {
    if (options.tls !== "starttls" || encrypted) {
      return reply("502 5.5.1 STARTTLS is not offered");
    }
    if (input !== "") session.violated("commands before the handshake of STARTTLS");
    if (!await step("starttls", "220 2.0.0 Ready")) return;
    socket.removeListener("data", onData);
    const upgraded = new TLSSocket(socket, {
      isServer: true,
      cert: CERTIFICATE,
      key: CERTIFICATE_KEY,
    });
    upgraded.on("error", () => {});
    converse(upgraded, session, true, true);
  }

  async function auth(argument: string): Promise<void> {
    const { login } = options;
    if (login === undefined) return refuse("502 5.5.1 AUTH is not offered", "AUTH");
    if (options.tls !== "none" && !encrypted) {
      return refuse("538 5.7.11 Encryption is required", "AUTH without TLS");
    }
    const [, response = ""] = /^PLAIN (\S+)$/i.exec(argument) ?? [];
    const bytes = Uint8Array.from(atob(response), (character) => character.charCodeAt(0));
    const [, name, password] = new TextDecoder().decode(bytes).split("\0");
    if (name !== login.user || password !== login.password) {
      return reply("535 5.7.8 Authentication credentials invalid");
    }
    if (await step("auth", "235 2.7.0 Authenticated")) user = name;
  }

  async function mail(argument: string): Promise<void> {
    const [address = "", ...parameters] = argument.split(" ");
    const [, sender] = ADDRESS.exec(address) ?? [];
    const offered = (options.extensions ?? DEFAULT_EXTENSIONS).map((each) => each.split(" ")[0]);
    const strange = parameters.find((each) => !offered.includes(each.split("=")[0] ?? ""));
    if (!greeted) return refuse("503 5.5.1 EHLO first", "MAIL before EHLO");
    if (options.login !== undefined && user === undefined) {
      return reply("530 5.7.0 Authentication required");
    }
    if (taken >= (options.mailsPerConnection ?? Infinity)) {
      dead = true;
      reply("421 4.7.0 Too many messages in this session");
      return void socket.end();
    }
    if (strange !== undefined) return refuse("555 5.5.4 Unknown parameter", strange);
    if (sender === undefined || from !== undefined) return refuse("501 5.1.7 Bad sender", argument);
    if (await step("mail", "250 2.1.0 Sender OK")) from = sender;
  }

  async function rcpt(argument: string): Promise<void> {
    const [, recipient] = ADDRESS.exec(argument) ?? [];
    if (from === undefined) return reply("503 5.5.1 MAIL first");
    if (recipient === undefined) return refuse("501 5.1.3 Bad recipient", argument);
    if (to !== undefined) return refuse("452 4.5.3 Too many recipients", "a second recipient");
    if (await step("rcpt", "250 2.1.5 Recipient OK")) to = recipient;
  }

  async function data(): Promise<void> {
    if (from === undefined || to === undefined) return reply("503 5.5.1 No valid recipients");
    if (await step("data", "354 End with a dot")) inContent = true;
  }

  /** Where the content ends, before its dot; `undefined` while it is not complete. */
  function endOfContent(): number | undefined {
    if (input.startsWith(".\r\n")) return 0;
    const end = input.indexOf("\r\n.\r\n");
    return end < 0 ? undefined : end + 2;
  }

  async function content(end: number): Promise<void> {
    const text = input.slice(0, end).replace(/^\./gm, "");
    input = input.slice(end + 3);
    inContent = false;
    const fault = faultOf(text);
    const [sender, recipient] = [from ?? "", to ?? ""];
    [from, to] = [undefined, undefined];
    if (fault !== undefined) {
      refuse(`554 5.6.0 ${fault}`, fault);
    } else if (await step("end", "250 2.0.0 Queued as 4XYZ")) {
      const { headers, body } = parseMail(text);
      taken++;
      session.take({ from: sender, to: recipient, headers, body, encrypted, user });
    }
  }

  async function command(line: string): Promise<void> {
    const [, verb = "", argument = ""] = /^(\S*) ?(.*)$/.exec(line) ?? [];
    switch (verb.toUpperCase()) {
      case "EHLO":
        return await ehlo(argument);
      case "STARTTLS":
        return await starttls();
      case "AUTH":
        return await auth(argument);
      case "MAIL":
        return await mail(argument.replace(/^FROM:/i, ""));
      case "RCPT":
        return await rcpt(argument.replace(/^TO:/i, ""));
      case "DATA":
        return await data();
      case "RSET":
        [from, to] = [undefined, undefined];
        return reply("250 2.0.0 OK");
      case "QUIT":
        reply("221 2.0.0 Bye");
        return void socket.end();
      default:
        return refuse("500 5.5.2 Unknown command", line);
    }
  }

  async function proceed(): Promise<void> {
    if (busy) return;
    busy = true;
    while (!dead && !socket.destroyed) {
      if (inContent) {
        const end = endOfContent();
        if (end === undefined) break;
        await content(end);
        continue;
      }
      const end = input.indexOf("\n");
      if (end < 0) break;
      const line = input.slice(0, end + 1);
      input = input.slice(end + 1);
      if (!line.endsWith("\r\n")) refuse("500 5.5.2 Bare LF", "a bare LF");
      else await command(line.slice(0, -2));
    }
    busy = false;
  }

  function onData(chunk: Uint8Array): void {
    // Bytes as characters: the protocol counts bytes.
    for (const byte of chunk) input += String.fromCharCode(byte);
    if (!dead) void proceed();
  }

  socket.on("data", onData);
  if (!isUpgraded) {
    busy = true;
    step("greeting", "220 stand-in.test ESMTP").then(() => {
      busy = false;
      return proceed();
    });
  }
}

/** What is wrong with a content; `undefined` when it is valid. */
function faultOf(text: string): string | undefined {
  if (/[^\r]\n|\r[^\n]/.test(text)) return "bare CR or LF in the content";
  if (text.split("\r\n").some((line) => line.length > 998)) return "a line of over 998 bytes";
  const head = text.split("\r\n\r\n")[0] ?? "";
  // deno-lint-ignore no-control-regex
  if (/[^\x00-\x7f]/.test(head)) return "8-bit bytes in the head";
  for (const name of ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"]) {
    const count = head.match(new RegExp(`^${name}:`, "gim"))?.length ?? 0;
    if (count !== 1) return `${count} headers ${name}`;
  }
  return undefined;
}

function parseMail(text: string) {
  const [, head = "", body = ""] = /^(.*?)\r\n\r\n(.*)$/s.exec(text) ?? [];
  const lines = head.replace(/\r\n(?=[ \t])/g, "").split("\r\n");
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { headers, body };
}
