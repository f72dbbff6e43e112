import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import { startTwilio, type TwilioStandIn } from "../../../support/stand_ins/twilio.ts";
import { bodyOf, SMS } from "../../support.ts";

const ACCOUNT = `AC${"0".repeat(32)}`;
const NAME = "City";

/** The settings of a service, by name. */
const POLICIES = {
  unicode: { sms_encoding: "unicode" },
  downgrade: { sms_encoding: "downgrade" },
  transliterate: { sms_encoding: "unicode", sms_transliterate: true },
} as const;

/** A delivered text without the service's prefix: the text, its encoding and its fragments. */
type Arrival = readonly [text: string, encoding: "GSM-7" | "UCS-2", fragments: number];

interface Case {
  readonly title: string;
  readonly text: string;
  readonly unicode: Arrival;
  readonly downgrade: Arrival;
  /** The delivered text if it differs from that under `unicode`. */
  readonly transliterate?: Arrival;
}

const CASES: readonly Case[] = [
  {
    title: "English",
    text: "Your “licence” costs £5 – or €6 … thank you",
    unicode: [`Your "licence" costs £5 - or €6 ... thank you`, "GSM-7", 1],
    downgrade: [`Your "licence" costs £5 - or €6 ... thank you`, "GSM-7", 1],
  },
  {
    title: "English of two fragments, the signs of the extension counted twice",
    text: "[".repeat(77),
    unicode: ["[".repeat(77), "GSM-7", 1],
    downgrade: ["[".repeat(77), "GSM-7", 1],
  },
  {
    title: "English with one sign of the extension more",
    text: "[".repeat(78),
    unicode: ["[".repeat(78), "GSM-7", 2],
    downgrade: ["[".repeat(78), "GSM-7", 2],
  },
  {
    title: "English with emoji",
    text: "Ready 🎉 👩‍👧",
    unicode: ["Ready 🎉 👩‍👧", "UCS-2", 1],
    downgrade: ["Ready ? ??", "GSM-7", 1],
  },
  {
    title: "Welsh",
    text: "Mae eich tŷ yn barod, Siân. " + "Diolch yn fawr. ".repeat(3) + "ŵ",
    unicode: [
      "Mae eich tŷ yn barod, Siân. " + "Diolch yn fawr. ".repeat(3) + "ŵ",
      "UCS-2",
      2,
    ],
    downgrade: [
      "Mae eich tŷ yn barod, Siân. " + "Diolch yn fawr. ".repeat(3) + "ŵ",
      "UCS-2",
      2,
    ],
  },
  {
    title: "Welsh with emoji",
    text: "Llongyfarchiadau Siôn 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    unicode: ["Llongyfarchiadau Siôn 🏴󠁧󠁢󠁷󠁬󠁳󠁿", "UCS-2", 1],
    downgrade: ["Llongyfarchiadau Siôn ???????", "UCS-2", 1],
  },
  {
    title: "Ukrainian",
    text: "Ваш паспорт готовий. Заберіть його до п’ятниці, «Центр», вул. Щорса. Ціна ₴100",
    unicode: [
      "Ваш паспорт готовий. Заберіть його до п'ятниці, «Центр», вул. Щорса. Ціна ₴100",
      "UCS-2",
      2,
    ],
    downgrade: [
      "??? ??????? ???????. ???????? ???? ?? ?'??????, ???????, ???. ?????. ???? ?100",
      "GSM-7",
      1,
    ],
    transliterate: [
      'Vash pasport hotovyi. Zaberit yoho do piatnytsi, "Tsentr", vul. Shchorsa. Tsina UAH100',
      "GSM-7",
      1,
    ],
  },
  {
    title: "Ukrainian with emoji",
    text: "Вітаємо 🇺🇦",
    unicode: ["Вітаємо 🇺🇦", "UCS-2", 1],
    downgrade: ["??????? ??", "GSM-7", 1],
    transliterate: ["Vitaiemo 🇺🇦", "UCS-2", 1],
  },
  {
    title: "Arabic",
    text: "جواز سفرك جاهز، يرجى استلامه قبل يوم الجمعة من مركز الخدمة في المدينة",
    unicode: [
      "جواز سفرك جاهز، يرجى استلامه قبل يوم الجمعة من مركز الخدمة في المدينة",
      "UCS-2",
      2,
    ],
    downgrade: [
      "???? ???? ????? ???? ??????? ??? ??? ?????? ?? ???? ?????? ?? ???????",
      "GSM-7",
      1,
    ],
  },
  {
    title: "Arabic with emoji",
    text: "شكرا 🌙",
    unicode: ["شكرا 🌙", "UCS-2", 1],
    downgrade: ["???? ?", "GSM-7", 1],
  },
];

function connect(twilio: TwilioStandIn): Promise<TestApplication> {
  return startTestApplication({
    environment: {
      SMS_PROVIDER: "twilio",
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: "secret",
      TWILIO_FROM: "HARK",
      TWILIO_BASE_URL: twilio.url,
    },
  });
}

for (const policy of ["unicode", "downgrade", "transliterate"] as const) {
  Deno.test(`texts in English, Welsh, Ukrainian and Arabic: are delivered and cost as many fragments as reported: ${policy}`, async () => {
    const twilio = await startTwilio({ accountSid: ACCOUNT, authToken: "secret" });
    await using stopping = new AsyncDisposableStack();
    stopping.defer(twilio.close);
    await using hark = await connect(twilio);
    const service = await hark.newService({ name: NAME, ...POLICIES[policy] });
    const template_id = await hark.newTemplate(service.id, {
      channel: "sms",
      name: "Text",
      body: "((text))",
    });
    const call = async (path: string, body?: unknown) =>
      await hark.as(service.keys.live, body === undefined ? "GET" : "POST", path, body);
    for (const { title, text, unicode, downgrade, transliterate = unicode } of CASES) {
      const [expected, encoding, fragments] = { unicode, downgrade, transliterate }[policy];
      const personalisation = { text };
      const message = { phone_number: "07700900123", template_id, personalisation };
      const sent = await bodyOf(await call(SMS, message), 201, title);
      assert.equal(sent.content.body, expected, title);
      await hark.settle();
      const arrived = twilio.accepted.at(-1);
      assert.equal(arrived?.body, `${NAME}: ${expected}`, title);
      assert.deepEqual(arrived?.segments, { encoding, count: fragments }, title);
      const read = await bodyOf(await call(`/v2/notifications/${sent.id}`), 200);
      assert.deepEqual(read.cost_details, { billable_sms_fragments: fragments }, title);
      const preview = `/v2/template/${template_id}/preview`;
      const shown = await bodyOf(await call(preview, { personalisation }), 200);
      assert.equal(shown.body, expected, title);
      const draft = await hark.manage(
        "POST",
        `/manage/services/${service.id}/templates/preview`,
        { channel: "sms", body: "((text))", personalisation },
      );
      const { sms, text: drafted } = await bodyOf(draft, 200);
      assert.equal(drafted, arrived?.body, title);
      assert.deepEqual(
        [sms.fragments, sms.encoding],
        [fragments, encoding === "GSM-7" ? "gsm7" : "ucs2"],
        title,
      );
    }
  });
}
