/** A text of one fragment with two placeholders. */
export const SMS_TEMPLATE = {
  channel: "sms",
  name: "Appointment",
  body: "Dear ((name)), your appointment is on ((date)) at Cardiff. Reply to change it.",
} as const;

/** The text's personalisation. */
export const SMS_PERSONALISATION = { name: "Ann Example", date: "1 January at 10:30am" };

const NAMES = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

const PARAGRAPH = (name: string) =>
  `You told us about ((${name})) on the form that you sent to us in the spring. ` +
  `We have looked at it and will write again before the end of the month. ` +
  `Read https://www.example.gov.uk/help/${name} for what happens next.`;

/** An e-mail of 2 kB with ten placeholders: headings, paragraphs, a list, links and an inset. */
export const EMAIL_TEMPLATE = {
  channel: "email",
  name: "Decision",
  subject: "A decision for ((name)) about ((case))",
  body: [
    "# Dear ((name))",
    ...NAMES.slice(0, 4).map(PARAGRAPH),
    "## What to bring",
    ["* your letter", "* a photo of ((fifth))", "* [the form](https://www.example.gov.uk/form)"]
      .join("\n"),
    "^ Your case number is ((case)). Keep it.",
    ...NAMES.slice(5).map(PARAGRAPH),
  ].join("\n\n"),
} as const;

/** The e-mail's personalisation. */
export const EMAIL_PERSONALISATION: Readonly<Record<string, string>> = {
  name: "Ann Example",
  case: "AB-1234-CD",
  ...Object.fromEntries(NAMES.map((name, index) => [name, `the ${name} of ${index + 2} houses`])),
};

/** The body of a request to send the text. */
export function smsBody(templateId: string): string {
  return JSON.stringify({
    phone_number: "07900 900123",
    template_id: templateId,
    personalisation: SMS_PERSONALISATION,
    reference: "order 1234",
  });
}

/** The body of a request to send the e-mail. */
export function emailBody(templateId: string): string {
  return JSON.stringify({
    email_address: "ann@example.com",
    template_id: templateId,
    personalisation: EMAIL_PERSONALISATION,
    reference: "order 1234",
  });
}
