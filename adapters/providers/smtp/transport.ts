/** The SMTP connection that the provider needs, without a word of the library that makes it. */

/** Where the mail server is, and how to reach it: the parts of `SMTP_URL`. */
export interface SmtpSettings {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /**
   * How the connection is encrypted. `implicit`: TLS from the start. `starttls`: by STARTTLS, without which nothing is
   * sent. `none`: not at all, for a server on this machine.
   */
  readonly tls: "implicit" | "starttls" | "none";
  /** `undefined` for a server that takes e-mails without a login. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

/** An e-mail for an SMTP server. Domains are ASCII, and no text but those of the body has a line break. */
export interface SmtpMessage {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly replyTo: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Further headers by their names, `Message-ID` among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * How far a delivery got. `connect`: up to the answer to EHLO, with STARTTLS. `content`: the first byte of the e-mail
 * was sent; before that the server surely does not have it.
 */
export type SmtpStage = "connect" | "auth" | "mail" | "rcpt" | "data" | "content";

/** A server's reply, e.g. `550 5.1.1 No such user`. */
export interface SmtpReply {
  readonly code: number;
  /** The enhanced status code (RFC 3463), e.g. `5.1.1`; `undefined` when the reply has none. */
  readonly enhanced: string | undefined;
  /** The whole reply. It may quote addresses, so it is never stored nor logged. */
  readonly text: string;
}

/**
 * Why a delivery failed.
 *
 * - `reply`: the server refused.
 * - `closed`: the connection could not be made, or ended, without a reply.
 * - `tls`: the server does not encrypt, or its certificate is not valid.
 * - `too-large`: the server takes no e-mail of this size, as it said in advance.
 * - `aborted`: the signal was aborted.
 */
export type SmtpFailure =
  | { readonly kind: "reply"; readonly stage: SmtpStage; readonly reply: SmtpReply }
  | {
    readonly kind: "closed" | "tls" | "too-large" | "aborted";
    readonly stage: SmtpStage;
  };

/** Delivers e-mails to one SMTP server over connections that it keeps. */
export interface SmtpTransport {
  /**
   * Transfers one e-mail to the server once: it never sends it again by itself. When the server has ended a kept
   * connection before it took any content, the e-mail goes over a new one. Never rejects.
   *
   * @returns why the server did not take it; `undefined` when it did
   */
  deliver(message: SmtpMessage, signal: AbortSignal): Promise<SmtpFailure | undefined>;
  /** Closes the connections that are idle. */
  close(): Promise<void>;
}

/**
 * Creates a transport; makes no connection.
 *
 * @param clientName the name with which Hark introduces itself in EHLO; `undefined` for the machine's
 */
export type OpenSmtp = (settings: SmtpSettings, clientName?: string) => SmtpTransport;
