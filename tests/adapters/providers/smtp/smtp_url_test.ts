import assert from "node:assert/strict";
import { parseSmtpUrl } from "../../../../adapters/providers/smtp/smtp_url.ts";

Deno.test("parseSmtpUrl: reads host, port, encryption and login", () => {
  const login = { user: "hark", password: "secret" };
  const cases = [
    ["smtps://hark:secret@mail.gov.test", "mail.gov.test", 465, "implicit", login],
    ["smtps://hark:secret@mail.gov.test:2465/", "mail.gov.test", 2465, "implicit", login],
    ["smtp://hark:secret@mail.gov.test", "mail.gov.test", 587, "starttls", login],
    ["smtp://mail.gov.test:25", "mail.gov.test", 25, "starttls", undefined],
    ["SMTP://mail.gov.test", "mail.gov.test", 587, "starttls", undefined],
    ["smtp://203.0.113.7", "203.0.113.7", 587, "starttls", undefined],
    ["smtp://[2001:db8::1]:25", "2001:db8::1", 25, "starttls", undefined],
    ["smtp://localhost:25", "localhost", 25, "none", undefined],
    ["smtp://127.0.0.1:1025", "127.0.0.1", 1025, "none", undefined],
    ["smtp://[::1]:1025", "::1", 1025, "none", undefined],
    ["smtps://localhost", "localhost", 465, "implicit", undefined],
    ["smtp://a%40b.test:p%C3%A4ss%3A%2F@h.test", "h.test", 587, "starttls", {
      user: "a@b.test",
      password: "päss:/",
    }],
  ] as const;
  for (const [url, host, port, tls, expected] of cases) {
    assert.deepEqual(parseSmtpUrl(url), { host, port, tls, login: expected }, url);
  }
});

Deno.test("parseSmtpUrl: refuses every other text", () => {
  const refused = [
    ...["", "mail.gov.test", "mail.gov.test:25", "http://mail.gov.test", "smtp:mail.gov.test"],
    ...["smtp://", "smtp://:25", "smtp://mail.gov.test:0", "smtp://mail.gov.test:65536"],
    ...["smtp://user@mail.gov.test", "smtp://:pass@mail.gov.test", "smtp://u:%zz@mail.gov.test"],
    ...["smtp://u%00:p@mail.gov.test", "smtp://u:p%0d%0a@mail.gov.test", "smtp://a b.test"],
    ...["smtp://mail.gov.test/path", "smtp://mail.gov.test?pool=1", "smtp://mail.gov.test#x"],
    ...[
      "smtp://пошта.test",
      "smtp://-mail.test",
      "smtp://mail_.test,b.test",
      "smtp://m%0aail.test",
    ],
  ];
  for (const url of refused) assert.equal(parseSmtpUrl(url), undefined, url);
});
