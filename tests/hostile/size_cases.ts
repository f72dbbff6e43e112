/** The largest, deepest and most numerous requests that the schemas of single routes let in, and a little more. */
import type { FuzzRequest } from "../fuzz/request.ts";
import { withJson } from "../fuzz/request.ts";
import { OPERATOR, RECIPIENT, type Target } from "../fuzz/target.ts";

/** A request that is as large as a schema allows, or larger. */
export interface SizeCase {
  readonly name: string;
  make(target: Target): FuzzRequest | Promise<FuzzRequest>;
  /** The statuses that the answer may have. */
  readonly statuses: readonly number[];
}

const ENCODER = new TextEncoder();
const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const phone = (at: number) => `07900${String(900_000 + at % 100_000)}`;
const keysOf = (count: number) => Object.fromEntries(many(count, (at) => [`k${at}`, "x"]));
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

async function asTest(target: Target): Promise<FuzzRequest["headers"]> {
  return [["Authorization", await target.bearer("test")]];
}

async function asOfficial(target: Target): Promise<FuzzRequest["headers"]> {
  return [["X-Access-Token", await target.accessToken("official")]];
}

/** A request with a JSON text that `JSON.stringify` would not write, or not as quickly. */
async function postText(target: Target, path: string, text: string): Promise<FuzzRequest> {
  const request = withJson("POST", path, await asTest(target), {});
  return { ...request, body: ENCODER.encode(text) };
}

function text(
  name: string,
  personalisation: () => string,
  statuses: readonly number[],
): SizeCase {
  return {
    name: `POST /v2/notifications/sms: ${name}`,
    statuses,
    make: (target) =>
      postText(
        target,
        "/v2/notifications/sms",
        `{"phone_number":"07900900123","template_id":"${target.seed.smsTemplate}",` +
          `"personalisation":${personalisation()}}`,
      ),
  };
}

const SINGLE_SENDS: readonly SizeCase[] = [
  text(
    "1,000 keys",
    () => JSON.stringify({ ...keysOf(997), name: "Ann", date: "1 May", more: "yes" }),
    [201],
  ),
  text("400,000 keys", () => JSON.stringify(keysOf(400_000)), [400, 413]),
  text("a value of 4 MB", () => `{"name":"${"a".repeat(4_000_000)}","date":"x"}`, [400, 413]),
  text("2,000,000 escapes", () => `{"name":"${"\\n".repeat(2_000_000)}","date":"x"}`, [400, 413]),
  text("2,000,000 nested lists", () => `{"name":${nested(2_000_000)}}`, [400, 413]),
  text("a number of 4 MB", () => `{"name":${"9".repeat(4_000_000)},"date":"x"}`, [400, 413]),
  text(
    "100,000 long numbers",
    () => `{"name":[${many(100_000, () => "12345678901234567890").join(",")}],"date":"x"}`,
    [400, 413],
  ),
  text("a key of 1 MB", () => `{"${"k".repeat(1_000_000)}":"x"}`, [400, 413]),
];

const BATCHES: readonly SizeCase[] = [
  {
    name: "POST /v2/notifications/batch: 1,000 items",
    statuses: [200, 201],
    make: async (target) =>
      withJson("POST", "/v2/notifications/batch", await asTest(target), {
        notifications: many(1_000, (at) => ({
          type: "sms",
          phone_number: phone(at),
          template_id: target.seed.smsTemplate,
          personalisation: { name: "Ann", date: "1 May", more: "yes" },
        })),
      }),
  },
  {
    name: "POST /v2/notifications/batch: 100,000 items",
    statuses: [400, 413],
    make: async (target) =>
      withJson("POST", "/v2/notifications/batch", await asTest(target), {
        notifications: many(100_000, () => ({ type: "sms" })),
      }),
  },
  {
    name: "POST /v2/notifications/bulk: 50,000 rows",
    statuses: [201],
    make: async (target) =>
      withJson("POST", "/v2/notifications/bulk", await asTest(target), {
        name: "Large",
        template_id: target.seed.smsTemplate,
        rows: [
          ["phone number", "name", "date", "more"],
          ...many(50_000, (at) => [phone(at), `Ann ${at}`, "1 May", "yes"]),
        ],
      }),
  },
  {
    name: "POST /v2/notifications/bulk: 17 MB of long numbers",
    statuses: [400, 413],
    make: (target) =>
      postText(
        target,
        "/v2/notifications/bulk",
        `{"name":"a","template_id":"${target.seed.smsTemplate}","rows":[["phone number","name"],[${
          many(800_000, () => "12345678901234567890").join(",")
        }]]}`,
      ),
  },
  {
    name: "POST /v2/notifications/bulk: 20,000 columns",
    statuses: [400, 413],
    make: async (target) =>
      withJson("POST", "/v2/notifications/bulk", await asTest(target), {
        name: "Wide",
        template_id: target.seed.smsTemplate,
        rows: [many(20_000, (at) => `column ${at}`), many(20_000, () => "x")],
      }),
  },
  {
    name: "POST /api/notifications: 10,000 recipients",
    statuses: [202, 400],
    make: async (target) =>
      withJson("POST", "/api/notifications", await asOfficial(target), {
        notification: { templateName: "fuzz", ignoreChannelPreferences: true },
        recipients: many(10_000, (at) => ({
          id: `${RECIPIENT}-${at}`,
          parameters: { name: "Ann" },
          channels: [{ channel: "inbox" }],
        })),
      }),
  },
  {
    name: "POST /api/notifications: 10,000 recipients with ten wrong channels each",
    statuses: [400, 413],
    make: async (target) =>
      withJson("POST", "/api/notifications", await asOfficial(target), {
        notification: { templateName: "fuzz" },
        recipients: many(10_000, () => ({ id: 1, channels: many(10, () => ({ channel: 1 })) })),
      }),
  },
  {
    name: "POST /v2/notifications/bulk: a string of 19 MB",
    statuses: [400],
    make: (target) =>
      postText(target, "/v2/notifications/bulk", `"${"\u200b".repeat(19_000_000 / 3)}"`),
  },
  {
    name: "POST /api/notifications: 200,000 recipients",
    statuses: [400, 413],
    make: async (target) =>
      withJson("POST", "/api/notifications", await asOfficial(target), {
        notification: { templateName: "fuzz" },
        recipients: many(200_000, () => ({ id: "a" })),
      }),
  },
];

/** Pieces of templates, each repeated until the template is as long as its schema allows. */
const PIECES: Readonly<Record<string, string>> = {
  "conditions": "((a??b))",
  "open conditions": "((a??",
  "open brackets": "(",
  "links": "[a](http://b.c) ",
  "open links": "[",
  "emphasis": "**a** *b* ",
  "quotes in quotes": "> ",
  "lines": "* a\n",
  "elements": "<p>",
  "entities": "&amp;",
  "one word": "a",
  "dots": "a.",
};

const fill = (piece: string, length: number) => piece.repeat(Math.floor(length / piece.length));

const PREVIEWS: readonly SizeCase[] = Object.entries(PIECES).flatMap(([name, piece]) => [
  {
    name: `POST …/templates/preview: ${name}`,
    statuses: [200, 400],
    make: ({ seed }: Target) =>
      withJson("POST", `/manage/services/${seed.serviceId}/templates/preview`, [OPERATOR], {
        channel: "email",
        subject: "a",
        body: fill(piece, 2_000_000),
        personalisation: { a: "yes", b: "c" },
      }),
  },
  {
    name: `PUT /api/notifications/templates: ${name}`,
    statuses: [200, 201, 400, 422],
    make: async (target: Target) =>
      withJson("PUT", "/api/notifications/templates/email:large", await asOfficial(target), {
        title: "a",
        content: fill(piece, 1_000_000),
      }),
  },
]);

/** FreeMarker, repeated until the content is as long as its schema allows; the limits of tags and tokens refuse some. */
const FREEMARKER: Readonly<Record<string, string>> = {
  "outputs": "${a}",
  "conditions of FreeMarker": "[#if a][/#if]",
  "lists of 100": "[#list 1..100 as x]${x}[/#list]",
  "long sums": `\${1${"+1".repeat(10_000)}}`,
};
/** As much of each as the limits of tags and tokens let in. */
const MOST_FREEMARKER: Readonly<Record<string, readonly [piece: string, count: number]>> = {
  "8,000 outputs": ["${a}", 8_000],
  "4,000 conditions of FreeMarker": ["[#if a] [/#if] ", 4_000],
  "2,600 lists of 100": ["[#list 1..100 as x]${x}[/#list]", 2_600],
  "5,200 constants": ["${(1..100)?join(',')}", 5_200],
  "a sum of 29,000": ["+1", 29_000],
};

function publish(name: string, content: () => string, statuses: readonly number[]): SizeCase {
  return {
    name: `PUT /api/notifications/templates: ${name}`,
    statuses,
    make: async (target) =>
      withJson("PUT", "/api/notifications/templates/email:large", await asOfficial(target), {
        title: "a",
        content: content(),
      }),
  };
}

const ESCAPE = "[#escape x as x?html]";

const FREEMARKER_TEMPLATES: readonly SizeCase[] = [
  ...Object.entries(FREEMARKER).map(([name, piece]) =>
    publish(`1 MB of ${name}`, () => fill(piece, 1_000_000), [400])
  ),
  ...Object.entries(MOST_FREEMARKER).map(([name, [piece, count]]) =>
    publish(name, () => {
      const content = piece.repeat(count);
      return piece === "+1" ? `\${1${content}}` : content;
    }, [200, 201])
  ),
  publish(
    "outputs in 30 nested escapes",
    () => ESCAPE.repeat(30) + "${a}".repeat(240_000) + "[/#escape]".repeat(30),
    [400],
  ),
];

const VALUE_OF_PREVIEW: SizeCase = {
  name: "POST …/templates/preview: a value of 1,900,000 ampersands",
  statuses: [200, 400, 413],
  make: ({ seed }) =>
    withJson("POST", `/manage/services/${seed.serviceId}/templates/preview`, [OPERATOR], {
      channel: "email",
      subject: "a",
      body: "((a))",
      personalisation: { a: "&".repeat(1_900_000) },
    }),
};

function upload(name: string, type: string, body: () => string | Uint8Array): SizeCase {
  return {
    name: `POST …/jobs: ${name}`,
    statuses: [201, 400, 413, 415, 422],
    make({ seed }) {
      const sent = body();
      return {
        method: "POST",
        target:
          `/manage/services/${seed.serviceId}/jobs?template_id=${seed.smsTemplate}&start=false`,
        headers: [OPERATOR, ["Content-Type", type]],
        body: typeof sent === "string" ? ENCODER.encode(sent) : sent,
        delivery: "whole",
      };
    },
  };
}

const CSV_HEAD = "phone number,name,date,more\n";

const UPLOADS: readonly SizeCase[] = [
  upload(
    "100,000 rows",
    "text/csv",
    () => CSV_HEAD + many(100_000, (at) => `${phone(at)},Ann,1 May,yes\n`).join(""),
  ),
  upload(
    "a cell of 8 MB",
    "text/csv",
    () => `${CSV_HEAD}07900900123,${"a".repeat(8_000_000)},b,c\n`,
  ),
  upload(
    "a quotation that never ends",
    "text/csv",
    () => `${CSV_HEAD}"${"a,\n".repeat(2_500_000)}`,
  ),
  upload("200,000 columns", "text/csv", () => `${many(200_000, (at) => `c${at}`).join(",")}\nx\n`),
  upload("8 MB of line breaks", "text/csv", () => CSV_HEAD + "\n".repeat(8_000_000)),
  upload("8 MB of quotation marks", "text/csv", () => CSV_HEAD + '"'.repeat(8_000_000)),
  upload("bytes that are no UTF-8", "text/csv", () => new Uint8Array(1_000_000).fill(0xff)),
  upload(
    "a form whose boundary never comes",
    "multipart/form-data; boundary=b",
    () => "-".repeat(4_000_000),
  ),
  upload(
    "a form with 20,000 parts",
    "multipart/form-data; boundary=b",
    () =>
      `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n`.repeat(20_000) + "--b--\r\n",
  ),
  upload(
    "a zip archive that is cut off",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    () => `PK\x03\x04${"P".repeat(500_000)}`,
  ),
];

const FORM = ["Content-Type", "application/x-www-form-urlencoded"] as const;

const OPEN_ROUTES: readonly SizeCase[] = [
  {
    name: "POST /receipts/twilio: 85,000 fields, with a forged signature",
    statuses: [401, 413],
    make: () => ({
      method: "POST",
      target: "/receipts/twilio",
      headers: [["X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="], FORM],
      body: ENCODER.encode("a=&".repeat(85_000)),
      delivery: "whole",
    }),
  },
  {
    name: "POST /receipts/postmark: 255 kB of nested lists",
    statuses: [400, 413],
    make: ({ environment }) => {
      const { POSTMARK_WEBHOOK_USER: user, POSTMARK_WEBHOOK_PASSWORD: password } = environment;
      return {
        method: "POST",
        target: "/receipts/postmark",
        headers: [["Authorization", `Basic ${btoa(`${user}:${password}`)}`]],
        body: ENCODER.encode(nested(127_000)),
        delivery: "whole",
      };
    },
  },
  {
    name: "POST /internal/dispatch: a body of 4 MB, which is not read",
    statuses: [200, 202, 413],
    make: ({ environment: { DISPATCH_TOKEN: token = "" } }) => ({
      method: "POST",
      target: "/internal/dispatch",
      headers: [["Authorization", `Bearer ${token}`]],
      body: ENCODER.encode("a".repeat(4_000_000)),
      delivery: "whole",
    }),
  },
  {
    name: "POST /internal/dispatch: a token of 8 kB",
    statuses: [401, 431],
    make: () =>
      withJson("POST", "/internal/dispatch", [["Authorization", `Bearer ${"a".repeat(8_000)}`]]),
  },
  {
    name: "POST /d/…: a form of 1 MB",
    statuses: [200, 413],
    make: ({ seed }) => ({
      method: "POST",
      target: seed.filePath,
      headers: [FORM],
      body: ENCODER.encode(`email_address=${"a".repeat(1_000_000)}`),
      delivery: "whole",
    }),
  },
];

/** All cases of single routes. */
export const SIZE_CASES: readonly SizeCase[] = [
  ...SINGLE_SENDS,
  ...BATCHES,
  ...PREVIEWS,
  ...FREEMARKER_TEMPLATES,
  VALUE_OF_PREVIEW,
  ...UPLOADS,
  ...OPEN_ROUTES,
];
