import type { Result } from "../result.ts";

/** A template as Diia is asked to keep it. Its texts hold placeholders `{name}`, which Diia fills in. */
export interface DiiaTemplate {
  /** `message` for the registries. */
  readonly actionType: string | null;
  /** `attention` for the registries. */
  readonly templateType: string | null;
  /** 60 characters at most, Diia advises. */
  readonly title: string | null;
  /** 200 characters at most, Diia advises. */
  readonly shortText: string | null;
  /** 2,048 characters at most, Diia advises. */
  readonly fullText: string | null;
}

/** Why Diia has not taken a template. None holds personal data or a secret. */
export type DiiaTemplateRefusal =
  | {
    readonly kind: "diia-refused";
    /** The HTTP status. */
    readonly status: number;
    /** Diia's own code, or `http-400`. */
    readonly code: string;
    /** Diia's words for the template's author, one short line; they may be empty. */
    readonly message: string;
  }
  /** Diia could not be asked, or its answer does not say; a later attempt may succeed. */
  | { readonly kind: "diia-unreachable"; readonly code: string };

/** Where templates of Diia's notifications are published. */
export interface DiiaTemplates {
  /**
   * Publishes a new template; an earlier one stays with Diia as it is. Not idempotent: after `diia-unreachable` a
   * template that nobody knows the id of may have been made.
   */
  publishTemplate(
    template: DiiaTemplate,
    signal: AbortSignal,
  ): Promise<Result<{ readonly externalTemplateId: string }, DiiaTemplateRefusal>>;
}

/**
 * The body of the request that publishes a template, which is also what the registries take a template's checksum
 * from: compact, its keys in this order, with nulls.
 */
export function toDiiaTemplateJson(template: DiiaTemplate): string {
  const { actionType, templateType, title, shortText, fullText } = template;
  return JSON.stringify({ actionType, templateType, title, shortText, fullText });
}
