import type { JSX } from "hono/jsx/jsx-runtime";
import { type DiffPart, diffWords } from "../../../domain/text/word_diff.ts";
import type { VersionContent } from "../../../domain/template/template_record.ts";
import { Notice } from "../components/notice.tsx";
import { SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import type { TypedTemplate } from "./typed_template.ts";

/** What was saved while a template was edited. */
export interface Conflict {
  /** The version that the form was opened with. */
  readonly base: WrittenParts;
  readonly theirs: VersionContent;
  readonly mine: TypedTemplate;
}

/** The parts of a template that have words. */
export type WrittenParts = Pick<VersionContent, "name" | "subject" | "body">;

interface ConflictNoticeProps {
  readonly view: View;
  readonly conflict: Conflict;
  /** The address of the editor with the newest version. */
  readonly theirs: string;
}

/** Shows what both changed, and lets the reader choose. It stands in the form, which has everything that was typed. */
export function ConflictNotice({ view, conflict, theirs }: ConflictNoticeProps): JSX.Element {
  const { editor } = view.texts;
  const { base, theirs: saved, mine } = conflict;
  const author = saved.authorName ?? view.texts.template.unknown;
  return (
    <Notice>
      <h2>{editor.conflictTitle}</h2>
      <p>{editor.conflictText}</p>
      <h3>{editor.conflictTheirs(String(saved.version), author)}</h3>
      <Differences view={view} before={base} after={saved} same={editor.conflictSame} />
      <h3>{editor.conflictYours}</h3>
      <Differences view={view} before={base} after={mine} same={editor.conflictSame} />
      <div class="buttons">
        <SubmitButton name="do" value="save">{editor.keepMine}</SubmitButton>
        <a class="button plain" href={theirs}>{editor.takeTheirs}</a>
      </div>
    </Notice>
  );
}

interface DifferencesProps {
  readonly view: View;
  readonly before: WrittenParts;
  readonly after: WrittenParts;
  /** What is shown when no words differ. */
  readonly same: string;
}

/** The differences of two versions, by words, for each part that differs. */
export function Differences({ view, before, after, same }: DifferencesProps): JSX.Element {
  const { editor } = view.texts;
  const parts = [
    { label: editor.name, from: before.name, to: after.name },
    { label: editor.subject, from: before.subject ?? "", to: after.subject ?? "" },
    { label: editor.body, from: before.body, to: after.body },
  ].map((part) => ({ ...part, from: part.from.replaceAll(/\r\n?/g, "\n") }))
    .map((part) => ({ ...part, to: part.to.replaceAll(/\r\n?/g, "\n") }))
    .filter(({ from, to }) => from !== to);
  if (parts.length === 0) return <p class="quiet">{same}</p>;
  return (
    <dl class="differences">
      {parts.map(({ label, from, to }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="diff" dir="auto">
            <Diff view={view} parts={diffWords(from, to)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Diff(
  { view, parts }: { readonly view: View; readonly parts: readonly DiffPart[] },
): JSX.Element {
  const { template } = view.texts;
  return (
    <>
      {parts.map(({ kind, text }, index) => {
        switch (kind) {
          case "same":
            return text;
          case "removed":
            return (
              <del key={index}>
                <span class="unseen">{template.removed}</span>
                {text}
              </del>
            );
          case "added":
            return (
              <ins key={index}>
                <span class="unseen">{template.added}</span>
                {text}
              </ins>
            );
        }
      })}
    </>
  );
}
