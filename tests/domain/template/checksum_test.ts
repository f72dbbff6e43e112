import assert from "node:assert/strict";
import { checksumInput, type ChecksumSource } from "../../../domain/template/checksum.ts";

async function checksum(channel: Parameters<typeof checksumInput>[0], source: ChecksumSource) {
  const bytes = new TextEncoder().encode(checksumInput(channel, source));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

Deno.test("checksumInput: returns the content for inbox, e-mail and text message templates", async () => {
  const content = "<html><h1>Hello</h1></html>";
  const expected = "40c6d08f4bbd1fe4ac7f66239a7ca777dc7b0c449d4b459c523ad9eefab54abc";
  for (const channel of ["inbox", "email", "sms"] as const) {
    assert.equal(await checksum(channel, { title: "t", content }), expected);
  }
});

Deno.test("checksumInput: returns the body published to Diia, with its keys in order, for a Diia template", async () => {
  const attributes = [
    { name: "shortText", value: "DiiaShortText" },
    { name: "other", value: "x" },
    { name: "templateType", value: "DiiaTemplateType" },
    { name: "actionType", value: "DiiaActionType" },
  ];
  assert.equal(
    await checksum("diia", { title: "diia-title", content: "some long text", attributes }),
    "b873ee130819ed542ec8ce28ea74a5830ad17756c55557e5f21e30efbcf57785",
  );
});

Deno.test("checksumInput: keeps absent fields of a Diia template as null", () => {
  assert.equal(
    checksumInput("diia", { title: null, content: 'a"ї' }),
    '{"actionType":null,"templateType":null,"title":null,"shortText":null,"fullText":"a\\"ї"}',
  );
});
