/** An e-mail as the API returns it: its filled source (markdown or HTML), and a subject in plain text on one line. */
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
  /**
   * `#rgb` or `#rrggbb`, the colour behind the service's name, which is black or white on it. With any other value, the
   * banner has Hark's colours.
   */
  readonly brandColour?: string | undefined;
  /**
   * The address that unsubscribes with one click. Its link is placed under the message, not in `body`; absent for no
   * link.
   */
  readonly unsubscribeUrl?: string | undefined;
}
