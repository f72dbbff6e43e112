import type { JSX } from "hono/jsx/jsx-runtime";
import type { TestCallResult } from "../../../application/callbacks/test_callback.ts";
import { CopyBlock } from "../components/copy_block.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { numberFormat } from "../texts/plural.ts";

interface TestResultProps {
  readonly view: View;
  readonly test: TestCallResult;
  readonly url: string;
}

/** A test call: what was sent, and what came back. The bearer token is not shown. */
export function TestResult({ view, test, url }: TestResultProps): JSX.Element {
  const { callbacks: texts } = view.texts;
  const { isDone, result, durationMs, body } = test;
  const ms = numberFormat(view.language).format(durationMs);
  const request = `POST ${url}
Content-Type: application/json

${JSON.stringify(JSON.parse(body), null, 2)}`;
  return (
    <section class="card" aria-labelledby="answer">
      <Notice kind={isDone ? "good" : "warning"}>
        <p>{isDone ? texts.taken : texts.notTaken}</p>
      </Notice>
      <CopyBlock view={view} id="request" label={texts.request} text={request} isProgram />
      <h2 id="answer">{texts.answer}</h2>
      <p>
        {"failure" in result
          ? texts.noAnswer(texts.failures[result.failure], ms)
          : texts.answered(String(result.status), ms)}
      </p>
    </section>
  );
}
