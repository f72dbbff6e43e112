/** The translations of inbox templates in other languages: `name-xx` beside `name`, as registries publish them. */
import type { InStatement, InValue } from "@libsql/client";
import type { ServiceId } from "../../../domain/ids.ts";
import { TRANSLATION_LANGUAGES } from "../../../domain/registry/languages.ts";
import type { TemplateVersion, Translations } from "../../../domain/template/template_record.ts";
import type { Row } from "../connection/database.ts";
import { idBytes, text, uuid } from "../connection/row.ts";
import { TEMPLATE_COLUMNS, templateReader } from "../services/service_rows.ts";

/** The length of the hyphen and the longest language code. */
const LONGEST_SUFFIX = 4;

/**
 * Selects the newest versions of the translations of templates of a service (?1).
 *
 * @param condition selects the templates: SQL that follows the id of a template; its arguments begin at ?2
 */
export function selectTranslations(
  serviceId: ServiceId,
  condition: string,
  args: readonly InValue[],
): InStatement {
  return {
    // The translations of a name are one range of the key: `-` is the character before `.`.
    sql:
      `SELECT own.template_id AS translation_of, substr(g.name, length(own.name) + 2) AS language,
        ${TEMPLATE_COLUMNS}
      FROM registry_templates AS own INDEXED BY registry_templates_of_template
      CROSS JOIN registry_templates AS g ON g.service_id = own.service_id AND g.channel = 'inbox'
        AND g.name > own.name || '-' AND g.name < own.name || '.'
        AND length(g.name) <= length(own.name) + ${LONGEST_SUFFIX}
      CROSS JOIN templates AS t ON t.service_id = g.service_id AND t.id = g.template_id
        AND t.archived_at IS NULL
      CROSS JOIN template_versions AS v ON v.service_id = t.service_id AND v.template_id = t.id
        AND v.version = t.version
      WHERE own.service_id = ?1 AND own.channel = 'inbox' AND own.template_id ${condition}`,
    args: [idBytes(serviceId), ...args],
  };
}

/**
 * Reads the rows of {@link selectTranslations}: the translations, by language, of each template, by its id. A
 * template without translations is left out.
 */
export async function readTranslations(
  rows: readonly Row[],
): Promise<ReadonlyMap<string, Translations>> {
  const readTemplate = await templateReader(rows);
  const translations = new Map<string, Record<string, TemplateVersion>>();
  for (const row of rows) {
    const language = text(row, "language");
    if (!TRANSLATION_LANGUAGES.has(language)) continue;
    const id = uuid(row, "translation_of");
    translations.set(id, { ...translations.get(id), [language]: readTemplate(row) });
  }
  return translations;
}
