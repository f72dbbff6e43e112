/**
 * E-mails over SMTP by nodemailer, on Deno. Its `SMTPConnection` is used and not its pool, which sends an e-mail again
 * by itself when a connection ends: that is the outbox's to decide.
 */
import { Socket } from "node:net";
import { Readable } from "node:stream";
import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { type ConnectionError, toFailure } from "./nodemailer_errors.ts";
import { createPool } from "./pool.ts";
import type {
  SmtpFailure,
  SmtpMessage,
  SmtpSettings,
  SmtpStage,
  SmtpTransport,
} from "./transport.ts";

/** The limits of the connections to the mail server. */
export const SMTP_POOL = {
  /** Fewer than the 20 to 50 that mail servers commonly take from one client. */
  most: 10,
  /** Mail servers commonly end a connection after 100 e-mails. */
  mostUses: 100,
  /** Less than the 300 s that Postfix waits for a command, and as with providers over HTTP. */
  idleMs: 30_000,
} as const;

/** The most bytes of one reply; the connection is closed at a longer one. */
export const MAX_REPLY_BYTES = 64 * 1024;

/** How long the server may take to close its side of a connection that Hark has closed, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

/** The signal of `deliver` ends a delivery; nodemailer's own time-outs, in milliseconds, never come before it. */
const UNUSED_TIMEOUT_MS = 3_600_000;

/**
 * Creates the transport.
 *
 * @param authorities certificates (PEM) of the authorities to trust, instead of those that the runtime trusts
 */
export function openNodemailer(
  settings: SmtpSettings,
  clientName?: string,
  authorities?: string,
): SmtpTransport {
  const pool = createPool<SMTPConnection>(
    SMTP_POOL,
    (connection) => !connection.destroyed,
    (connection) => {
      if (!connection.destroyed) connection.quit();
      connection.close();
    },
  );
  return {
    async deliver(message, signal) {
      let pooled: SMTPConnection | undefined;
      try {
        pooled = await pool.acquire(signal);
      } catch {
        return { kind: "aborted", stage: "connect" };
      }
      let reusable: SMTPConnection | undefined;
      try {
        let attempt = pooled && await use(pooled, (kept) => transfer(kept, message), signal);
        if (attempt === undefined || hasServerEnded(attempt)) {
          attempt = await use(
            new SMTPConnection(toOptions(settings, clientName, authorities)),
            async (made) => await open(made, settings.login) ?? await transfer(made, message),
            signal,
          );
        }
        reusable = attempt.reusable;
        return attempt.failure;
      } finally {
        pool.release(reusable);
      }
    },
    close: () => Promise.resolve(pool.close()),
  };
}

/** A delivery over one connection. */
interface Attempt {
  /** `undefined` when the server took the e-mail. */
  readonly failure: SmtpFailure | undefined;
  /** The connection, if it can be used again. */
  readonly reusable: SMTPConnection | undefined;
}

/** Delivers over a connection, which is closed unless it can be used again. */
async function use(
  connection: SMTPConnection,
  deliver: (connection: SMTPConnection) => Promise<SmtpFailure | undefined>,
  signal: AbortSignal,
): Promise<Attempt> {
  const close = () => connection.close();
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  let isReusable = false;
  try {
    const failure = await deliver(connection);
    isReusable = failure === undefined;
    return {
      failure: failure?.kind === "closed" && signal.aborted
        ? { kind: "aborted", stage: failure.stage }
        : failure,
      reusable: isReusable ? connection : undefined,
    };
  } finally {
    signal.removeEventListener("abort", close);
    // After a refusal the server is in the middle of a transaction: a new connection begins anew.
    if (!isReusable) connection.close();
  }
}

/**
 * Whether the server has ended the connection and surely has no content of the e-mail. Servers end a connection after
 * some e-mails or some time, and many say so only when the next e-mail begins.
 */
function hasServerEnded({ failure }: Attempt): boolean {
  return failure?.kind === "closed" && failure.stage !== "content" ||
    failure?.kind === "reply" && failure.stage === "mail" && failure.reply.code === 421;
}

function toOptions(
  { host, port, tls }: SmtpSettings,
  name: string | undefined,
  ca: string | undefined,
) {
  return {
    host,
    port,
    secure: tls === "implicit",
    // So that a connection is opened first and encrypted then. In one step, Deno before 2.9 connects to the first address
    // of a name only.
    ...(tls === "implicit" ? { socket: new Socket() } : {}),
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    name,
    tls: ca === undefined ? {} : { ca },
    maxResponseSize: MAX_REPLY_BYTES,
    socketCloseTimeout: CLOSE_TIMEOUT_MS,
    connectionTimeout: UNUSED_TIMEOUT_MS,
    greetingTimeout: UNUSED_TIMEOUT_MS,
    socketTimeout: UNUSED_TIMEOUT_MS,
  };
}

/** Connects up to the login. @returns why that failed; `undefined` when it did not */
async function open(
  connection: SMTPConnection,
  login: SmtpSettings["login"],
): Promise<SmtpFailure | undefined> {
  // An error without a listener would end the process.
  connection.on("error", () => {});
  const error = await untilDone(connection, (done) => connection.connect(done));
  if (error !== undefined) return toFailure(error, "connect");
  if (login === undefined) return undefined;
  const credentials = { user: login.user, pass: login.password };
  const refusal = await untilDone(connection, (done) => connection.login({ credentials }, done));
  return refusal && toFailure(refusal, "auth");
}

/** Transfers an e-mail to the server. @returns why that failed; `undefined` when it did not */
async function transfer(
  connection: SMTPConnection,
  message: SmtpMessage,
): Promise<SmtpFailure | undefined> {
  const { from, to, replyTo, headers, ...content } = message;
  const mail = new MailComposer({
    ...content,
    from,
    // As objects: a text would be parsed as a list of addresses.
    to: { name: "", address: to },
    ...(replyTo === undefined ? {} : { replyTo: { name: "", address: replyTo } }),
    ...toHeaders(headers),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const bytes = await mail.compile().build();
  let stage: SmtpStage = "mail";
  const body = new Readable({
    read() {
      // The server has taken DATA.
      stage = "content";
      this.push(bytes);
      this.push(null);
    },
  });
  const envelope = { from: from.address, to: [to], size: bytes.length };
  const error = await untilDone(connection, (done) => connection.send(envelope, body, done));
  return error && toFailure(error, stage);
}

function toHeaders(headers: SmtpMessage["headers"]) {
  const entries = Object.entries(headers);
  const isMessageId = ([name]: readonly [string, string]) => name.toLowerCase() === "message-id";
  const [, messageId] = entries.find(isMessageId) ?? [];
  return {
    // Without one nodemailer makes another in each attempt.
    ...(messageId === undefined ? {} : { messageId }),
    headers: Object.fromEntries(entries.filter((entry) => !isMessageId(entry))),
  };
}

/** Resolves when the step is done, or the connection has ended before it was. */
function untilDone(
  connection: SMTPConnection,
  step: (done: (error?: ConnectionError | null) => void) => void,
): Promise<ConnectionError | "ended" | undefined> {
  return new Promise((resolve) => {
    const settle = (error: ConnectionError | "ended" | undefined) => {
      connection.off("error", settle);
      connection.off("end", end);
      resolve(error);
    };
    // When the server closes with a reply, the step gets that reply right after the end.
    const end = () => queueMicrotask(() => settle("ended"));
    connection.once("error", settle);
    connection.once("end", end);
    step((error) => settle(error ?? undefined));
  });
}
