/** What the dry run of a template knows of its values: those that come with a message are not there yet. */
import type { Kind } from "../built_in.ts";
import type { Item } from "../scope.ts";

/**
 * Thrown where an expression reads a value that only a message brings. It is no `Error`, whose stack would cost more
 * than the rest of a dry run.
 */
export class NeedsValue {
  /**
   * @param isJson whether the value is one of the message's, so that it is a JSON value
   * @param kinds the kinds of which it is one; `undefined` where nothing is known of it
   */
  constructor(readonly isJson: boolean, readonly kinds?: readonly Kind[]) {}
}

/** A variable whose value depends on the message's values. */
export class Unknown {
  /**
   * @param isJson whether it is one of the message's values itself, or a part of one
   * @param kinds the kinds of which it is one; `undefined` where nothing is known of it
   */
  constructor(readonly isJson: boolean, readonly kinds?: readonly Kind[]) {}
}

/** Variables by name. Reading one that is {@link Unknown} throws {@link NeedsValue}. */
export class KnownVariables extends Map<string, unknown> {
  override get(name: string): unknown {
    const value = super.get(name);
    if (value instanceof Unknown) throw new NeedsValue(value.isJson, value.kinds);
    return value;
  }
}

/** The message's values: each is there as far as the dry run knows, and reading one throws {@link NeedsValue}. */
export class MessageValues extends Map<string, unknown> {
  override get(): never {
    throw new NeedsValue(true);
  }
}

/** The item of a loop over a list that is not known. */
export function unknownItem(path: string, isJson: boolean, kinds?: readonly Kind[]): Item {
  const fail = (): never => {
    throw new NeedsValue(isJson, kinds);
  };
  return {
    path,
    get value() {
      return fail();
    },
    get index() {
      return fail();
    },
    get count() {
      return fail();
    },
  };
}
