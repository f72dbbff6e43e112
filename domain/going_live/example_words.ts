/** Finds templates that were written to try something out. No clock, no randomness: the same text is always evaluated alike. */

/** A template as far as it is evaluated. */
export interface CheckedTemplate {
  readonly name: string;
  readonly subject: string | null;
  readonly body: string;
}

/** Words that say nothing of what a message is for. A name or text that has no other words is an example. */
const EXAMPLE_WORDS: ReadonlySet<string> = new Set([
  ...["a", "an", "my", "new", "the", "this", "is", "first", "copy", "of", "some", "hello", "hi"],
  ...[
    "test",
    "tests",
    "testing",
    "tester",
    "example",
    "examples",
    "sample",
    "demo",
    "draft",
    "try",
  ],
  ...["template", "templates", "message", "text", "sms", "email", "mail", "letter", "notification"],
  ...["untitled", "unnamed", "name", "placeholder", "dummy", "temp", "tmp", "todo", "tbd", "abc"],
  ...["asdf", "qwerty", "xxx", "foo", "bar", "baz", "lorem", "ipsum", "world", "blah"],
  ...["це", "мій", "моє", "моя", "новий", "нове", "нова", "перший", "копія", "якийсь", "привіт"],
  ...["тест", "тестовий", "тестове", "тестова", "проба", "приклад", "зразок", "демо", "чернетка"],
  ...["шаблон", "повідомлення", "текст", "смс", "лист", "пошта", "назва", "імʼя", "імя", "світ"],
]);

/** Parts of a text that only an example has, in lower case. */
const EXAMPLE_PARTS: readonly RegExp[] = [
  /lorem ipsum/,
  /\bexample\.(?:com|org|net)\b/,
  /\byour (?:text|message) here\b/,
  /\b(?:asdf|qwerty|foo bar|xxx+|todo|tbd)\b/,
  /\bthis is (?:a|an|my) (?:test|example|sample)(?:$|[.!,\n])/,
  /(?:^|\s)це (?:тест|приклад|зразок)(?:$|[.!,\n])/,
  /(?:ваш текст тут|приклад тексту)/,
];

/** The part of a template that is an example; `undefined` for one that could be sent. */
export type ExampleFault = "name" | "text";

/** Evaluates a template: its name must say what it is for, and its text must not be an example. */
export function exampleFaultOf({ name, subject, body }: CheckedTemplate): ExampleFault | undefined {
  if (hasOnlyExampleWords(name)) return "name";
  const text = `${subject ?? ""}\n${body}`.toLowerCase();
  return hasOnlyExampleWords(text) || EXAMPLE_PARTS.some((part) => part.test(text))
    ? "text"
    : undefined;
}

/** Whether a text has no word but example words; placeholders, numbers and signs are no words. */
function hasOnlyExampleWords(text: string): boolean {
  const words = text.toLowerCase().replaceAll(/\(\([^)]*\)\)/g, " ").match(/[\p{L}ʼ'’]+/gu) ?? [];
  return words.every((word) => EXAMPLE_WORDS.has(word.replaceAll(/['’]/g, "ʼ")));
}
