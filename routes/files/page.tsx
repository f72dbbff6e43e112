import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { FILE_TYPES } from "../../domain/files/file_types.ts";
import type { StoredDocument } from "../../domain/files/document.ts";
import { toSizeText } from "../../domain/files/size.ts";
import { NO_ICON, Shell } from "../pages/shell.tsx";
import styles from "./page.css" with { type: "text" };

/**
 * Why the e-mail address that the recipient entered was refused: it is not valid, or it is not the one that the file
 * was sent to.
 */
export type AddressFault = "not-an-address" | "other-address";

const FAULTS = {
  "not-an-address": "Enter an email address in the correct format, like name@example.com",
  "other-address": "This is not the email address the file was sent to",
} as const satisfies Record<AddressFault, string>;

interface PageProps {
  readonly title: string;
  /** The nonce of this response's Content-Security-Policy. */
  readonly nonce: string;
  /** The name of the service that sent the file, where it may be shown. */
  readonly from?: string;
  readonly hasFault?: boolean;
  readonly children: Child;
}

function Page({ title, nonce, from, hasFault, children }: PageProps): JSX.Element {
  const name = from === undefined ? title : `${title} – ${from}`;
  return (
    <Shell
      title={hasFault ? `Error: ${name}` : name}
      nonce={nonce}
      styles={{ inline: styles }}
      icon={NO_ICON}
      width="narrow"
    >
      {from === undefined ? null : (
        <header>
          <p class="from">{from}</p>
        </header>
      )}
      <main class="card">
        <h1>{title}</h1>
        {children}
      </main>
    </Shell>
  );
}

interface DownloadPageProps extends Pick<PageProps, "nonce"> {
  readonly document: StoredDocument;
  /** The name under which the file will be saved. Hidden where the recipient must confirm an address first. */
  readonly fileName: string;
  readonly fault?: AddressFault;
  /** The address entered in the previous attempt. */
  readonly typed?: string;
}

/**
 * Shows a file's service, type, size and expiry, and a button that downloads it. The file's name is shown only when no
 * e-mail address must be confirmed. Mail programs that follow links by themselves do not press the button, so they do
 * not download the file.
 */
export function DownloadPage(
  { document, fileName, fault, typed, nonce }: DownloadPageProps,
): JSX.Element {
  const { serviceName, type, size, expiresAt, confirmEmail } = document;
  return (
    <Page
      title="You have a file to download"
      hasFault={fault !== undefined}
      from={serviceName}
      nonce={nonce}
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
        <button type="submit" class="button">Download this file</button>
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

interface NoticeProps extends Pick<PageProps, "nonce"> {
  readonly title: string;
  readonly text: string;
}

/** Explains why there is no file to download. */
export function NoticePage({ title, text, nonce }: NoticeProps): JSX.Element {
  return (
    <Page title={title} nonce={nonce}>
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
