/**
 * Why messages fail, in terms that a sender can act on: each code of a provider, and each of Hark's own, stands for one
 * reason. What a reason means and what to do is in the texts of the pages.
 */

/** What a sender can do about a reason: whether the same message may arrive when it is sent again. */
export type SendAgain =
  /** It cannot arrive: the recipient or the message must be changed first. */
  | "no"
  /** It may arrive later without any change. */
  | "later"
  /** It may arrive once the operator of the deployment has mended something. */
  | "after-repair"
  /** The first one may have arrived: the recipient may get it twice. */
  | "perhaps-twice";

/** The reasons, with whether sending again makes sense. */
export const FAILURE_REASONS = {
  "wrong-recipient": "no",
  "cannot-receive": "no",
  "opted-out": "no",
  blocked: "no",
  unreachable: "later",
  "mailbox-trouble": "later",
  "too-many": "later",
  "carrier-trouble": "later",
  "provider-trouble": "later",
  expired: "later",
  content: "no",
  "too-large": "no",
  rules: "no",
  request: "after-repair",
  sender: "after-repair",
  account: "after-repair",
  "no-provider": "after-repair",
  unreadable: "after-repair",
  "no-report": "perhaps-twice",
  "unknown-outcome": "perhaps-twice",
  other: "perhaps-twice",
} as const satisfies Readonly<Record<string, SendAgain>>;

/** A reason of {@link FAILURE_REASONS}. */
export type FailureReason = keyof typeof FAILURE_REASONS;

/** Every reason, in the order of {@link FAILURE_REASONS}. */
export const REASONS: readonly FailureReason[] = Object.keys(FAILURE_REASONS).filter(isReason);

function isReason(word: string): word is FailureReason {
  return Object.hasOwn(FAILURE_REASONS, word);
}

/** Codes with the reason that they all stand for. */
type Groups = Readonly<Partial<Record<FailureReason, readonly (string | number)[]>>>;

/** Hark's own codes, and those of connections, which every provider can have. */
const SHARED: Groups = {
  "wrong-recipient": ["bad-recipient"],
  "provider-trouble": [
    ...["timeout", "aborted", "network", "no-connection", "too-slow", "paused", "database"],
    ...["bad-answer", "provider-broken", "provider-unavailable"],
    ...["http-408", "http-429"],
  ],
  expired: ["too-late"],
  "too-large": ["too-large", "http-413"],
  request: ["bad-header", "http-400", "http-404", "http-409", "http-415", "http-422"],
  sender: ["bad-sender", "bad-reply-to"],
  account: ["http-401", "http-402", "http-403", "tls", "private-key"],
  "no-provider": ["no-provider"],
  unreadable: ["compose-failed", "cannot-be-opened"],
  "no-report": ["no-receipt"],
  "unknown-outcome": ["outcome-unknown"],
};

const TWILIO: Groups = {
  "wrong-recipient": [21211, 21263, 21264, 21265, 21266, 21267, 21268, 21612, 30005],
  "cannot-receive": [21614, 21635, 30006, 60005, 63026],
  "opted-out": [21610],
  blocked: [21408, 30004, 30442, 32017, 32203],
  unreachable: [30003],
  "too-many": [20429, 21611, 30001],
  "carrier-trouble": [30008, 30009],
  "provider-trouble": [20500, 20503, 21730, 30500],
  content: [30007],
  "too-large": [21617],
  rules: [30024, 30032, 30034, 30884],
  request: [30010],
  sender: [21212, 21606, 21659, 21660, 21661],
  account: [20003, 20005, 21609, 30002],
};

const VONAGE: Groups = {
  "wrong-recipient": [1040, 1170, 1190, 1200, 1250, 1300, 1430],
  "cannot-receive": [1310],
  "opted-out": [1240],
  blocked: [1050, 1270, 1280],
  unreachable: [1180, 1220, 1260, 1290, 1360],
  "too-many": [1000, 1241, 1461, 1472],
  "carrier-trouble": [1230, 1330, 1331],
  "provider-trouble": [1030, 1100],
  content: [1210, 1282],
  "too-large": [1090],
  rules: [1251, 1340, 1460, 1470, 1473, 1480, 1481, 1482, 1483, 1484],
  request: [
    ...[1010, 1020, 1021, 1022, 1130, 1150, 1320, 1380, 1381, 1382, 1400, 1410],
    ...[1440, 1450, 1451, "invalid-params"],
  ],
  sender: [1120, 1420],
  account: [
    ...[1060, 1070, 1080, 1110, 1140, 1160, 1350, 1370],
    ...["low-balance", "unauthorized", "forbidden", "unprovisioned", "account-suspended"],
    ...["jwt-expired", "jwt-revoked", "invalid-api-key", "invalid-signature"],
  ],
};

const POSTMARK: Groups = {
  "wrong-recipient": [300, "HardBounce", "BadEmailAddress"],
  "opted-out": [406, "SpamComplaint", "Unsubscribe", "ManuallyDeactivated"],
  "mailbox-trouble": ["SoftBounce", "Transient", "DnsError", "Unknown"],
  "too-many": [429],
  "provider-trouble": [100],
  content: ["Blocked", "SpamNotification", "VirusNotification"],
  request: ["SMTPApiError", "TemplateRenderingFailed"],
  sender: [400, 401, "DMARCPolicy"],
  account: [10, 405, 412, 413, 1235],
};

const DIIA: Groups = {
  "wrong-recipient": ["not-found"],
  "provider-trouble": ["error", "send-error"],
  request: ["notification-generation-error"],
};

/** The codes of each provider by its name. */
const CODES: Readonly<Record<string, ReadonlyMap<string, FailureReason>>> = {
  twilio: toCodes(TWILIO),
  vonage: toCodes(VONAGE),
  postmark: toCodes(POSTMARK),
  diia: toCodes(DIIA),
};
const SHARED_CODES = toCodes(SHARED);

/** The reasons of replies of SMTP servers, such as `550-5.1.1`; the first that describes a code decides. */
const SMTP_REPLIES: readonly (readonly [RegExp, FailureReason])[] = [
  [/^\d{3}-5\.(?:2\.3|3\.4)$|^552/, "too-large"],
  [/^5\d\d-5\.1\.[78]$/, "sender"],
  [/^\d{3}-[45]\.2\.2$|^452/, "mailbox-trouble"],
  [/^\d{3}-5\.2\.1$/, "cannot-receive"],
  [/^\d{3}-5\.(?:7\.0|7\.1)$/, "content"],
  [/^\d{3}-5\.7\.\d+$/, "sender"],
  [/^53[0458]/, "account"],
  [/^421-4\.7\./, "too-many"],
  [/^45[0-9]|^4\d\d-4\.[127]\./, "mailbox-trouble"],
  [/^4/, "provider-trouble"],
  [/^55[0134]|^5\d\d-5\.[12]\./, "wrong-recipient"],
  [/^5/, "request"],
];

/** Codes that are families, whichever provider gives them. */
const FAMILIES: readonly (readonly [RegExp, FailureReason])[] = [
  [/^token-/, "account"],
  [/^http-5\d\d$/, "provider-trouble"],
  [/^http-4\d\d$/, "request"],
];

/** Statuses that stand for a code where a failure has none. */
const STATUS_WORDS: ReadonlyMap<string, FailureReason> = new Map([
  ["temporary-failure", "unreachable"],
  ["permanent-failure", "wrong-recipient"],
]);

function toCodes(groups: Groups): ReadonlyMap<string, FailureReason> {
  return new Map(
    REASONS.flatMap((reason) =>
      (groups[reason] ?? []).map((code): [string, FailureReason] => [String(code), reason])
    ),
  );
}

/**
 * Returns the reason that a code stands for; `other` for a code that is in no table.
 *
 * @param provider the name of the provider that gave the code; `undefined` for a decision of Hark
 */
function reasonOf(provider: string | undefined, code: string): FailureReason {
  const own = provider === undefined ? undefined : CODES[provider]?.get(code);
  const listed = own ?? SHARED_CODES.get(code);
  if (listed !== undefined) return listed;
  if (provider === "twilio" && /^217\d\d$/.test(code)) return "sender";
  if (provider === "smtp" || /^[45]\d\d(?:-[45]\.|$)/.test(code)) {
    const reply = SMTP_REPLIES.find(([pattern]) => pattern.test(code));
    if (reply !== undefined) return reply[1];
  }
  const family = FAMILIES.find(([pattern]) => pattern.test(code));
  return family?.[1] ?? STATUS_WORDS.get(code) ?? "other";
}

/**
 * Returns the reason of a failure as the statistics name it: the provider and the code with a colon between them, or a
 * code of Hark's own.
 */
export function reasonOfCount(counted: string): FailureReason {
  const colon = counted.indexOf(":");
  return colon < 0
    ? reasonOf(undefined, counted)
    : reasonOf(counted.slice(0, colon), counted.slice(colon + 1));
}

/** Returns the reason with a name; `undefined` for another text. */
export function parseReason(text: string | undefined): FailureReason | undefined {
  return REASONS.find((reason) => reason === text);
}
