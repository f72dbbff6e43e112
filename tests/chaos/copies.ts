/** The copies of messages that the providers have. A message is known by the number in its text. */
import type { Providers } from "../conformance/providers.ts";

/** The number of a message, from its text. */
export function numberIn(text: string | undefined): number {
  return Number(/Number (\d+)\./.exec(text ?? "")?.[1]);
}

/**
 * How many copies of each message the providers have, by its number.
 *
 * @param further the texts of messages that other providers have
 */
export function countCopies(
  { twilio, postmark }: Pick<Providers, "twilio" | "postmark">,
  further: readonly string[] = [],
): ReadonlyMap<number, number> {
  const copies = new Map<number, number>();
  const texts = [
    ...twilio.accepted.map(({ body }) => body),
    ...postmark.accepted.map(({ TextBody }) => TextBody),
    ...further,
  ];
  for (const text of texts) copies.set(numberIn(text), (copies.get(numberIn(text)) ?? 0) + 1);
  return copies;
}
