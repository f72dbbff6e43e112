/** Migration 7: the compact form of the tables. */
import { COMPACT_TABLES, COMPACT_TRIGGERS, TABLES_WITHOUT_SUCCESSOR } from "./compact.ts";

const TABLES_BEFORE = [...COMPACT_TABLES.map(({ name }) => name), ...TABLES_WITHOUT_SUCCESSOR];

export const COMPACT = {
  name: "compact",
  statements: [
    ...TABLES_BEFORE.map((name) => `DROP TABLE ${name}`),
    ...COMPACT_TABLES.flatMap(({ name, create, indexes }) => [
      create(name),
      ...indexes?.(name) ?? [],
    ]),
    ...COMPACT_TRIGGERS,
  ],
};
