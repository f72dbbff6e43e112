/** An e-mail as the API returns it: markdown source, and a subject on one line. Nothing is escaped. */
export interface EmailContent {
  readonly subject: string;
  readonly body: string;
}

/** An e-mail ready to send. */
export interface RenderedEmail extends EmailContent {
  /** The plain text part. */
  readonly text: string;
  /** A whole HTML document. */
  readonly html: string;
  /** The inner HTML of the message, as a preview shows it. */
  readonly htmlBody: string;
}

/** Branding, language and unsubscribe address of an e-mail. */
export interface EmailOptions {
  /** Shown above the message. */
  readonly serviceName: string;
  /** BCP 47 tag; `en` by default. It also decides the direction of the writing. */
  readonly language?: string | undefined;
  /** An image above the service's name; left out unless it is an `https:` address. */
  readonly logoUrl?: string | undefined;
  /** `#rgb` or `#rrggbb` behind the service's name, which is black or white on it. Any other value: Hark's colour. */
  readonly brandColour?: string | undefined;
  /** The address that unsubscribes with one click. The link is placed under the message, not in `body`. */
  readonly unsubscribeUrl?: string | undefined;
}
