import type { Hono } from "hono";
import { type Preview, previewDraft } from "../../domain/template/preview.ts";
import type { AppEnv } from "../http/context.ts";
import { checkTemplate } from "../../domain/template/template.ts";
import type { ManagePorts } from "./ports.ts";
import { problem } from "./problem.ts";
import { withBody, withService } from "./request.ts";
import { draftTemplate } from "./schemas.ts";

/** Adds the preview of drafts. Nothing is stored and nothing sent. */
export function addPreviewRoutes(app: Hono<AppEnv>, { store }: ManagePorts): void {
  app.post(
    "/manage/services/:service_id/templates/preview",
    (c) =>
      withService(
        c,
        store,
        (service) =>
          withBody(c, draftTemplate, ({ channel, subject, body, syntax, personalisation }) => {
            const source = { channel, subject: subject ?? null, body, syntax };
            const checked = checkTemplate(source);
            if (!checked.ok) {
              const { line, column, message } = checked.refusal;
              return Promise.resolve(problem(c, 400, "Invalid request: see errors", [
                { field: "body", message: `line ${line}, column ${column}: ${message}` },
              ]));
            }
            const preview = previewDraft(service, source, personalisation ?? {});
            return Promise.resolve(c.json({ channel, ...present(preview) }));
          }),
      ),
  );
}

function present(preview: Preview): Readonly<Record<string, unknown>> {
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
