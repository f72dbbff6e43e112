import type { Preview } from "../../domain/template/preview.ts";

/** Converts the preview of a template's draft to the JSON of the management API. `sms` is `null` for other channels. */
export function presentPreview(preview: Preview): Readonly<Record<string, unknown>> {
  const { sms, sizeBytes, ...rest } = preview;
  return {
    ...rest,
    sms: sms === null ? null : {
      characters: sms.characters,
      fragments: sms.measure.fragments,
      encoding: sms.measure.encoding,
      non_gsm_characters: sms.measure.nonGsm,
    },
    size_bytes: sizeBytes,
  };
}
