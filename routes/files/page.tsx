import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { FILE_TYPES } from "../../domain/files/file_types.ts";
import type { StoredDocument } from "../../domain/files/document.ts";
import { toSizeText } from "../../domain/files/size.ts";

/** What is wrong with the address that was typed. */
export type AddressFault = "not-an-address" | "other-address";

const FAULTS = {
  "not-an-address": "Enter an email address in the correct format, like name@example.com",
  "other-address": "This is not the email address the file was sent to",
} as const satisfies Record<AddressFault, string>;

interface PageProps {
  readonly title: string;
  readonly nonce: string;
  readonly styles: string;
  /** Who sent the file, where that may be told. */
  readonly from?: string;
  readonly hasFault?: boolean;
  readonly children: Child;
}

function Page({ title, nonce, styles, from, hasFault, children }: PageProps): JSX.Element {
  const name = from === undefined ? title : `${title} – ${from}`;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{hasFault ? `Error: ${name}` : name}</title>
        <link rel="icon" href="data:," />
        <style nonce={nonce} dangerouslySetInnerHTML={{ __html: styles }}></style>
      </head>
      <body>
        {from === undefined ? null : (
          <header>
            <p class="from">{from}</p>
          </header>
        )}
        <main>
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
}

/** What every page is made with. */
export interface PageStyle {
  /** The nonce of this answer's Content-Security-Policy. */
  readonly nonce: string;
  readonly styles: string;
}

interface DownloadPageProps extends PageStyle {
  readonly document: StoredDocument;
  /** The name that the file will be saved under; shown to those only who need not say who they are. */
  readonly fileName: string;
  readonly fault?: AddressFault;
  /** What was typed before. */
  readonly typed?: string;
}

/** Says what the file is, and gives it at the press of a button: programs that look at links press none. */
export function DownloadPage(
  { document, fileName, fault, typed, ...style }: DownloadPageProps,
): JSX.Element {
  const { serviceName, type, size, expiresAt, confirmEmail } = document;
  return (
    <Page
      title="You have a file to download"
      hasFault={fault !== undefined}
      from={serviceName}
      {...style}
    >
      <p>{serviceName} sent you a file to download.</p>
      <dl>
        {confirmEmail ? null : (
          <>
            <dt>File</dt>
            <dd>{fileName}</dd>
          </>
        )}
        <dt>Type</dt>
        <dd>{FILE_TYPES[type].label}</dd>
        <dt>Size</dt>
        <dd>{toSizeText(size)}</dd>
        <dt>Available until</dt>
        <dd>
          <time datetime={new Date(expiresAt).toISOString()}>{toDateText(expiresAt)}</time>
        </dd>
      </dl>
      <form method="post" novalidate>
        {confirmEmail ? <AddressField fault={fault} typed={typed} /> : null}
        <button type="submit">Download this file</button>
      </form>
    </Page>
  );
}

interface AddressFieldProps {
  readonly fault: AddressFault | undefined;
  readonly typed: string | undefined;
}

function AddressField({ fault, typed }: AddressFieldProps): JSX.Element {
  return (
    <>
      <label for="email_address">Your email address</label>
      <p class="hint" id="hint">
        To confirm that the file is meant for you, enter the address that it was sent to.
      </p>
      {fault === undefined ? null : (
        <p class="error" id="error" role="alert">
          {FAULTS[fault]}
        </p>
      )}
      <input
        id="email_address"
        name="email_address"
        type="email"
        autocomplete="email"
        autocapitalize="none"
        spellcheck={false}
        required
        value={typed ?? ""}
        aria-describedby={fault === undefined ? "hint" : "hint error"}
        {...(fault === undefined ? {} : { "aria-invalid": "true" })}
      />
    </>
  );
}

interface NoticeProps extends PageStyle {
  readonly title: string;
  readonly text: string;
}

/** Says why there is no file. */
export function NoticePage({ title, text, ...style }: NoticeProps): JSX.Element {
  return (
    <Page title={title} {...style}>
      <p>{text}</p>
    </Page>
  );
}

const DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

function toDateText(epochMs: number): string {
  return `${DATE.format(epochMs)} UTC`;
}
