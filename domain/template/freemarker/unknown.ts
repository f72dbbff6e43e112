/** What the rehearsal of a template knows of its values: those that come with a message are not there yet. */
import type { Item } from "./scope.ts";

/** Thrown where an expression reads a value that only a message brings. */
export class NeedsValue extends Error {
  /** @param isJson whether the value is one of the message's, so that it is a JSON value */
  constructor(readonly isJson: boolean) {
    super("This value comes with a message");
  }
}

/** A variable whose value depends on the message's values. */
export class Unknown {
  /** @param isJson whether it is one of the message's values itself, or a part of one */
  constructor(readonly isJson: boolean) {}
}

/** Variables by name. Reading one that is {@link Unknown} throws {@link NeedsValue}. */
export class KnownVariables extends Map<string, unknown> {
  override get(name: string): unknown {
    const value = super.get(name);
    if (value instanceof Unknown) throw new NeedsValue(value.isJson);
    return value;
  }
}

/** The message's values: each is there as far as the rehearsal knows, and reading one throws {@link NeedsValue}. */
export class MessageValues extends Map<string, unknown> {
  override get(): never {
    throw new NeedsValue(true);
  }
}

/** The item of a loop over a list that is not known. */
export function unknownItem(path: string, isJson: boolean): Item {
  const fail = (): never => {
    throw new NeedsValue(isJson);
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
