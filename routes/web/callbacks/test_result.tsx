import type { JSX } from "hono/jsx/jsx-runtime";
import type { TestCallResult } from "../../../application/callbacks/test_callback.ts";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { LOCALES } from "../texts/plural.ts";

interface TestResultProps {
  readonly view: View;
  readonly test: TestCallResult;
  readonly url: string;
}

/** A test call: what was sent, and what came back. The bearer token is not shown. */
export function TestResult({ view, test, url }: TestResultProps): JSX.Element {
  const { callbacks: texts } = view.texts;
  const { isDone, result, durationMs, body } = test;
  const ms = new Intl.NumberFormat(LOCALES[view.language]).format(durationMs);
  return (
    <section class="card" aria-label={texts.test}>
      <Notice kind={isDone ? "good" : "warning"}>
        <p>{isDone ? texts.taken : texts.notTaken}</p>
      </Notice>
      <h2>{texts.request}</h2>
      <pre class="key" dir="ltr">{`POST ${url}\nContent-Type: application/json\n\n${
        JSON.stringify(JSON.parse(body), null, 2)
      }`}</pre>
      <h2>{texts.answer}</h2>
      <p>
        {"failure" in result
          ? texts.noAnswer(texts.failures[result.failure], ms)
          : texts.answered(String(result.status), ms)}
      </p>
    </section>
  );
}
