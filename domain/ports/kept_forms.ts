import type { UserId } from "../ids.ts";

/** Max forms that are kept of one person: the newest. */
export const MAX_KEPT_FORMS = 3;

/** Max bytes of a form's JSON that is kept. */
export const MAX_KEPT_FORM_BYTES = 1024 * 1024;

/** A form that was sent without the session that it needs. */
export interface KeptForm {
  /** The path of its page, where it is shown again. */
  readonly path: string;
  /** The values of each field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/**
 * Keeps forms while their authors sign in again, encrypted and for `CODE_VALID_MS["kept-form"]`. A form is given to the
 * person whose page it was on, and once.
 */
export interface KeptForms {
  /** Returns the mark in every form of a person. It is always the same, and another person cannot make it. */
  markOf(userId: UserId): Promise<string>;
  /**
   * Keeps a form for the person whose mark it has, and deletes the person's forms beyond {@link MAX_KEPT_FORMS}.
   *
   * @returns the token by which the form is taken; `undefined` when no person has this mark, or the form is longer than
   * {@link MAX_KEPT_FORM_BYTES}
   */
  keep(mark: string, form: KeptForm, now: number): Promise<string | undefined>;
  /**
   * Returns the fields of a form, and deletes it.
   *
   * @returns `undefined` when the person has no form with this token and path, or it has expired
   */
  take(
    userId: UserId,
    token: string,
    path: string,
    now: number,
  ): Promise<KeptForm["fields"] | undefined>;
}
