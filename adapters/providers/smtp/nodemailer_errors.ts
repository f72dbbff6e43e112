/** Reads nodemailer's errors. */
import type { SmtpFailure, SmtpReply, SmtpStage } from "./transport.ts";

/** The fields that nodemailer adds to its errors. */
export interface ConnectionError extends Error {
  readonly code?: string | undefined;
  /** The code of the error of the socket, such as `ECONNREFUSED`. */
  readonly originalCode?: string | undefined;
  /** The command that the server refused. */
  readonly command?: string | undefined;
  /** The server's reply. */
  readonly response?: string | undefined;
}

const STAGES_OF_COMMANDS: Readonly<Record<string, SmtpStage>> = {
  "MAIL FROM": "mail",
  "RCPT TO": "rcpt",
};

/**
 * Returns the failure that an error stands for.
 *
 * @param error `ended` when the connection ended without one
 * @param stage how far the delivery has got
 */
export function toFailure(error: ConnectionError | "ended", stage: SmtpStage): SmtpFailure {
  if (error === "ended") return { kind: "closed", stage };
  const reply = parseReply(error.response);
  if (isTlsFault(error, reply)) return { kind: "tls", stage };
  const { command = "" } = error;
  const stageOfError = STAGES_OF_COMMANDS[command] ??
    (command === "DATA" && stage === "mail" ? "data" : stage);
  if (reply !== undefined) return { kind: "reply", stage: stageOfError, reply };
  if (error.code === "EMESSAGE" && stage === "mail") return { kind: "too-large", stage };
  return { kind: "closed", stage };
}

const REPLY = /^([2-5]\d\d)(?:[ -](?:([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?|$)/;

/** Parses a reply, of one or several lines, e.g. `550 5.1.1 No such user`; `undefined` when it has no code. */
export function parseReply(text: string | undefined): SmtpReply | undefined {
  if (text === undefined) return undefined;
  const [, code, enhanced] = REPLY.exec(text) ?? [];
  if (code === undefined) return undefined;
  return { code: Number(code), enhanced, text };
}

/** The codes of invalid certificates, and of a server that speaks no TLS, as the runtime names them. */
const TLS_CODES =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|ERR_SSL_WRONG_VERSION|HOSTNAME_MISMATCH)/;
/** The same as Deno before 2.7 says it, without a code. */
const TLS_MESSAGE = /invalid peer certificate|corrupt message of type InvalidContentType/;

/**
 * Whether the connection cannot be encrypted: the server offers no STARTTLS, or its certificate is not valid. A
 * handshake that was cut off, or refused for now, is no such fault.
 */
function isTlsFault(
  { code, originalCode = "", command, message }: ConnectionError,
  reply: SmtpReply | undefined,
): boolean {
  if (reply !== undefined) return command === "STARTTLS" && reply.code >= 500;
  return TLS_CODES.test(originalCode) || TLS_CODES.test(code ?? "") || TLS_MESSAGE.test(message);
}
