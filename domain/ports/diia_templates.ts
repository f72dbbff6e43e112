import type { Result } from "../result.ts";

/**
 * A template in the form that Diia (the Ukrainian state's app) stores. Its texts contain placeholders `{name}`, which
 * Diia fills.
 */
export interface DiiaTemplate {
  /** A field that Diia requires; the registries' value is `message`. */
  readonly actionType: string | null;
  /** A field that Diia requires; the registries' value is `attention`. */
  readonly templateType: string | null;
  /** 60 characters at most, Diia advises. */
  readonly title: string | null;
  /** 200 characters at most, Diia advises. */
  readonly shortText: string | null;
  /** 2,048 characters at most, Diia advises. */
  readonly fullText: string | null;
}

/** Why Diia did not accept a template. Contains no personal data and no secret. */
export type DiiaTemplateRefusal =
  | {
    readonly kind: "diia-refused";
    /** The HTTP status. */
    readonly status: number;
    /** Diia's own error code, or `http-` and the status. */
    readonly code: string;
    /** Diia's message for the template's author, one short line; may be empty. */
    readonly message: string;
  }
  /** Diia was unreachable, or its response was not understood; a later attempt may succeed. */
  | { readonly kind: "diia-unreachable"; readonly code: string };

/** Publishes templates at Diia: it fills and shows messages by templates that it knows. */
export interface DiiaTemplates {
  /**
   * Publishes a new template; an earlier one stays unchanged at Diia. Not idempotent: after `diia-unreachable` Diia may
   * have created a template whose id is unknown.
   */
  publishTemplate(
    template: DiiaTemplate,
    signal: AbortSignal,
  ): Promise<Result<{ readonly externalTemplateId: string }, DiiaTemplateRefusal>>;
}

/**
 * The body of the request that publishes a template: compact JSON with its keys in this order, with nulls. The
 * registries compute a template's checksum from it.
 */
export function toDiiaTemplateJson(template: DiiaTemplate): string {
  const { actionType, templateType, title, shortText, fullText } = template;
  return JSON.stringify({ actionType, templateType, title, shortText, fullText });
}
