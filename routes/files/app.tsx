import { type Context, Hono } from "hono";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { retryAfterS } from "../../domain/files/attempts.ts";
import type { FileBytes, StoredDocument } from "../../domain/files/document.ts";
import { toContentDisposition, toSafeFileName } from "../../domain/files/file_name.ts";
import { FILE_TYPES } from "../../domain/files/file_types.ts";
import { parseDocumentRef, parseLinkKey } from "../../domain/files/link.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DocumentStore } from "../../domain/ports/document_store.ts";
import { parseEmailAddress } from "../../domain/recipient/email_address.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { BODY_RETRY_AFTER_S, readBytes } from "../http/body.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { noteLimit } from "../http/security_events.ts";
import { internalError, methodNotAllowed } from "../http/plain_errors.ts";
import { isStoreUnavailable, setStoreRetryAfter } from "../http/store_unavailable.ts";
import { answerPage, nonceOf } from "../pages/answer_page.ts";
import { type AddressFault, DownloadPage, NoticePage } from "./page.tsx";

/** Ports of {@link createDownloads}. */
export interface DownloadPorts {
  readonly clock: Clock;
  readonly documents: DocumentStore;
}

/** Reasons why there is no file to download. */
const NOTICES = {
  "not-found": {
    status: 404,
    title: "The requested document could not be found",
    text: "Check that you have the whole link as it is in the message, or ask the sender.",
  },
  "blocked": {
    status: 403,
    title: "Access to the document has been blocked",
    text: "The service that sent it no longer makes it available.",
  },
  "gone": {
    status: 410,
    title: "The document is no longer available",
    text: "The time for which it was kept has passed. Ask the sender for another copy.",
  },
  "too-many": {
    status: 429,
    title: "Too many attempts",
    text: "The address was tried too many times. Wait a few minutes, then open the link again.",
  },
  "too-large": {
    status: 413,
    title: "You entered too much",
    text: "Open the link again and enter only an email address.",
  },
  "broken-off": {
    status: 400,
    title: "The form did not arrive",
    text: "Open the link again and send the form once more.",
  },
  "bodies-too-large": {
    status: 503,
    title: "The service is busy",
    text: "Wait a moment, then open the link again.",
  },
  "store-unavailable": {
    status: 503,
    title: "The service is not available at the moment",
    text: "Wait a minute, then open the link again. The link stays valid.",
  },
} as const;

type Notice = keyof typeof NOTICES;

/** Maximum size of a submitted form, in bytes. */
const MAX_FORM_BYTES = 8 * 1024;

/** A browser that displays a file runs nothing of it. */
const FILE_POLICY = "default-src 'none'; sandbox";

const pageHeaders = secureHeaders({
  referrerPolicy: "no-referrer",
  xFrameOptions: "DENY",
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: [NONCE],
    imgSrc: ["data:"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
});

/** A document that may be downloaded, with the key that decrypts it. */
interface AvailableDocument {
  readonly document: StoredDocument;
  readonly key: FileBytes;
  readonly fileName: string;
}

/** Creates the routes of `/d/…`, where recipients download files. The key in the address authorises the download. */
export function createDownloads({ clock, documents }: DownloadPorts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/d/:service/:document";

  app.onError((error, c) => {
    if (!isStoreUnavailable(error)) return internalError(c);
    setStoreRetryAfter(c);
    return notice(c, "store-unavailable");
  });

  app.use("/d/*", async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
    if (c.res.headers.has("Content-Disposition")) c.header("Content-Security-Policy", FILE_POLICY);
    c.header("X-Robots-Tag", "noindex, nofollow, noarchive");
  });
  app.use("/d/*", pageHeaders);

  /** Finds the document of a link. Every invalid link gets the same refusal, whatever is wrong with it. */
  async function findDocument(c: AppContext): Promise<Result<AvailableDocument, Notice>> {
    const ref = parseDocumentRef(c.req.param("service") ?? "", c.req.param("document") ?? "");
    const key = parseLinkKey(c.req.query("key"));
    if (ref === undefined || key === undefined) return refuse("not-found");
    const document = await documents.find(ref, key);
    if (document === undefined) return refuse("not-found");
    c.get("requestLog").serviceId = document.serviceId;
    c.get("requestLog").notificationId = document.notificationId;
    if (!document.serviceActive) return refuse("blocked");
    if (document.isGone || document.expiresAt <= clock.now()) return refuse("gone");
    const fileName = toSafeFileName(document.name, document.documentId, document.type);
    return ok({ document, key, fileName });
  }

  app.get(path, async (c) => {
    const lookup = await findDocument(c);
    return lookup.ok ? showForm(c, lookup.value, 200) : notice(c, lookup.refusal);
  });

  app.post(path, async (c) => {
    const lookup = await findDocument(c);
    if (!lookup.ok) return notice(c, lookup.refusal);
    const { document, key, fileName } = lookup.value;
    if (document.confirmEmail) {
      const form = await readBytes(c, MAX_FORM_BYTES);
      if (!form.ok) {
        if (form.refusal.kind === "bodies-too-large") {
          c.header("Retry-After", String(BODY_RETRY_AFTER_S));
        }
        return notice(c, form.refusal.kind);
      }
      const fields = new URLSearchParams(new TextDecoder().decode(form.value));
      const typed = fields.get("email_address") ?? "";
      const address = parseEmailAddress(typed);
      if (!address.ok) return showForm(c, lookup.value, 400, { fault: "not-an-address", typed });
      const now = clock.now();
      const attempt = await documents.tryAddress(document, address.value.normalised, now);
      if (attempt === undefined) return notice(c, "gone");
      if (attempt.outcome === "too-many") {
        c.header("Retry-After", String(retryAfterS(attempt.windowBeganAt, now)));
        noteLimit(c, "file-address");
        return notice(c, "too-many");
      }
      if (attempt.outcome === "other") {
        return showForm(c, lookup.value, 403, { fault: "other-address", typed });
      }
    }
    const bytes = await documents.read(document, key);
    return bytes === undefined ? notice(c, "gone") : sendFile(c, document, fileName, bytes);
  });

  app.all(path, methodNotAllowed);
  return app;
}

/** Answers with a page that explains why there is no file. */
function notice(c: Context, kind: Notice) {
  const { status, title, text } = NOTICES[kind];
  return answerPage(c, <NoticePage title={title} text={text} nonce={nonceOf(c)} />, status);
}

/** Answers with the page that describes the file and has the form to download it. */
function showForm(
  c: AppContext,
  { document, fileName }: AvailableDocument,
  status: 200 | 400 | 403,
  attempt: { readonly fault?: AddressFault; readonly typed?: string } = {},
) {
  const page = (
    <DownloadPage
      document={document}
      fileName={fileName}
      nonce={nonceOf(c)}
      {...attempt}
    />
  );
  return answerPage(c, page, status);
}

function sendFile(c: AppContext, document: StoredDocument, fileName: string, bytes: FileBytes) {
  return c.body(bytes, 200, {
    "Content-Type": FILE_TYPES[document.type].mime,
    "Content-Length": String(bytes.length),
    "Content-Disposition": toContentDisposition(fileName),
  });
}
