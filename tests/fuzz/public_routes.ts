/** Generators of the routes that need no token: pages of links, receipts of providers, and monitoring. */
import { MAX_DISPATCH_RUN_MS } from "../../application/dispatch_runs.ts";
import { sign } from "../support/stand_ins/twilio.ts";
import { ASSETS } from "../../routes/web/assets/assets.ts";
import { signVonageCall, toProblem } from "../support/stand_ins/vonage.ts";
import type { Choices } from "./choices.ts";
import { pickId, type RouteGenerator } from "./generator.ts";
import { type FuzzRequest, withJson } from "./request.ts";
import type { Target } from "./target.ts";

const ENCODER = new TextEncoder();

function get(
  path: string,
  toTarget: (choices: Choices, target: Target) => string = () => path,
): RouteGenerator {
  return {
    method: "GET",
    path,
    make: (choices, target) => withJson("GET", toTarget(choices, target), []),
  };
}

function form(target: string, headers: FuzzRequest["headers"], fields: string): FuzzRequest {
  const type = ["Content-Type", "application/x-www-form-urlencoded"] as const;
  const body = ENCODER.encode(fields);
  return { method: "POST", target, headers: [...headers, type], body, delivery: "whole" };
}

function postForm(
  path: string,
  toTarget: (target: Target) => string,
  fields: string,
): RouteGenerator {
  return {
    method: "POST",
    path,
    make: (choices, target) =>
      form(toTarget(target), choices.chance(0.5) ? [["Accept", "text/html"]] : [], fields),
  };
}

/** The call of an outside scheduler. */
const dispatch: RouteGenerator = {
  method: "POST",
  path: "/internal/dispatch",
  make: (_, { environment: { DISPATCH_TOKEN: token = "" } }) => ({
    ...withJson("POST", "/internal/dispatch", [["Authorization", `Bearer ${token}`]]),
    // It answers when what it has started has ended.
    timeoutMs: MAX_DISPATCH_RUN_MS,
  }),
};

/** An event of Postmark's webhook. */
const postmark: RouteGenerator = {
  method: "POST",
  path: "/receipts/postmark",
  make(choices, target) {
    const { POSTMARK_WEBHOOK_USER: user, POSTMARK_WEBHOOK_PASSWORD: password } = target.environment;
    const authorization = `Basic ${btoa(`${user}:${password}`)}`;
    const at = "2026-11-05T16:33:54.9070259Z";
    const kind = choices.pick([
      { RecordType: "Delivery", DeliveredAt: at },
      { RecordType: "Bounce", ID: 42, Type: "HardBounce", Inactive: true, BouncedAt: at },
      { RecordType: "SpamComplaint", ID: 4_323_372_036_854_775, BouncedAt: at },
      {
        RecordType: "SubscriptionChange",
        ChangedAt: at,
        Origin: "Recipient",
        SuppressSending: true,
      },
    ]);
    return withJson("POST", "/receipts/postmark", [["Authorization", authorization]], {
      ...kind,
      MessageID: crypto.randomUUID(),
      Metadata: {
        service_id: target.seed.serviceId,
        notification_id: pickId(target, "notification", choices),
      },
    });
  },
};

/** A status callback of Twilio, signed as Twilio signs. */
const twilio: RouteGenerator = {
  method: "POST",
  path: "/receipts/twilio",
  make(choices, target) {
    const { PUBLIC_URL: publicUrl = "", TWILIO_AUTH_TOKEN: token = "" } = target.environment;
    const query = new URLSearchParams({
      service_id: target.seed.serviceId,
      notification_id: pickId(target, "notification", choices),
    });
    const address = `/receipts/twilio?${query}`;
    const fields = {
      MessageSid: `SM${crypto.randomUUID().replaceAll("-", "")}`,
      MessageStatus: choices.pick(["sent", "delivered", "undelivered", "failed", "canceled"]),
      ErrorCode: choices.pick(["", "30003", "21610"]),
    };
    const signature = sign(token, publicUrl + address, fields);
    return form(
      address,
      [["X-Twilio-Signature", signature]],
      new URLSearchParams(fields).toString(),
    );
  },
};

/** A call of Vonage's webhooks, signed as Vonage signs. */
function signedByVonage(path: string, fields: unknown, target: Target): FuzzRequest {
  const { VONAGE_SIGNATURE_SECRET: secret = "" } = target.environment;
  const authorization = signVonageCall(secret, JSON.stringify(fields));
  return withJson("POST", path, [["Authorization", authorization]], fields);
}

/** A status report of Vonage. */
const vonage: RouteGenerator = {
  method: "POST",
  path: "/receipts/vonage",
  make: (choices, target) =>
    signedByVonage("/receipts/vonage", {
      message_uuid: crypto.randomUUID(),
      status: choices.pick(["submitted", "delivered", "rejected", "undeliverable", "read", "x"]),
      timestamp: "2026-11-05T16:33:54.907Z",
      channel: "sms",
      client_ref: `${target.seed.serviceId}.${pickId(target, "notification", choices)}`,
      ...(choices.chance(0.3) ? { error: toProblem(choices.pick([1180, 1240, 9999])) } : {}),
    }, target),
};

/** A text that Vonage has received. */
const vonageText: RouteGenerator = {
  method: "POST",
  path: "/inbound/vonage",
  make: (choices, target) =>
    signedByVonage("/inbound/vonage", {
      channel: "sms",
      message_uuid: crypto.randomUUID(),
      from: choices.pick(["447700900123", "60006", "LIBRARY"]),
      to: choices.pick(["447700900999", "60006"]),
      timestamp: "2026-11-05T16:33:54.907Z",
      text: choices.pick(["STOP", "Start", "help", "", "СТОП", "Thank you"]),
    }, target),
};

/** A text that Twilio has received, signed as Twilio signs. */
const twilioText: RouteGenerator = {
  method: "POST",
  path: "/inbound/twilio",
  make(choices, target) {
    const { PUBLIC_URL: publicUrl = "", TWILIO_AUTH_TOKEN: token = "" } = target.environment;
    const fields = {
      MessageSid: `SM${crypto.randomUUID().replaceAll("-", "")}`,
      From: choices.pick(["+447700900123", "60006", "LIBRARY"]),
      To: choices.pick(["+447700900999", "60006"]),
      Body: choices.pick(["STOP", "Start", "help", "", "СТОП", "Thank you"]),
      ...(choices.chance(0.3) ? { OptOutType: choices.pick(["STOP", "START", "HELP", "x"]) } : {}),
    };
    return form(
      "/inbound/twilio",
      [["X-Twilio-Signature", sign(token, `${publicUrl}/inbound/twilio`, fields)]],
      new URLSearchParams(fields).toString(),
    );
  },
};

/** The generators of the pages that only `dev` has. */
export const DEV_ROUTES: readonly RouteGenerator[] = [
  get("/dev/clock"),
  {
    method: "POST",
    path: "/dev/clock",
    make: (choices) =>
      withJson("POST", "/dev/clock", [], { advance_seconds: choices.whole(1, 60) }),
  },
  // The page needs the development keys, and a run has keys of its own.
  { ...get("/dev/inbox"), isRefused: true },
  get("/dev/mailbox"),
  get("/dev/mailbox.json"),
  get("/dev/mailbox.js"),
  get("/dev/mailbox.css"),
  get(
    "/dev/mailbox/:id/html",
    (choices, target) => `/dev/mailbox/${pickId(target, "mailboxEmail", choices)}/html`,
  ),
];

/** The generators of the routes that every process has. */
export const PUBLIC_ROUTES: readonly RouteGenerator[] = [
  get("/healthz"),
  get("/_status"),
  get("/readyz"),
  get("/metrics"),
  dispatch,
  get("/inbox.js"),
  get("/assets/:file", () => ASSETS.styles),
  get("/unsubscribe/:notification_id/:token", (_, { seed }) => seed.unsubscribePath),
  postForm(
    "/unsubscribe/:notification_id/:token",
    ({ seed }) => seed.unsubscribePath,
    "List-Unsubscribe=One-Click",
  ),
  get("/d/:service/:document", (_, { seed }) => seed.filePath),
  postForm(
    "/d/:service/:document",
    ({ seed }) => seed.filePath,
    "email_address=ann%40example.com",
  ),
  postmark,
  twilio,
  twilioText,
  vonage,
  vonageText,
];
