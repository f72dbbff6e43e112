/**
 * The migration `message_filters`: the indexes by which lists of messages are filtered. One is written at every accept,
 * and serves templates and keys; the other one only when a message fails.
 */

/** SQL of the condition of `notifications_of_failure`, for queries to repeat. `counted_as` of a failure has a reason. */
export const IS_COUNTED_FAILURE = "counted_as > 'failed ' AND counted_as < 'failed!'";

/** The migration. */
export const MESSAGE_FILTERS = {
  name: "message_filters",
  statements: [
    `CREATE INDEX notifications_of_template
      ON notifications (service_id, template_id, api_key_id, id)`,
    `CREATE INDEX notifications_of_failure ON notifications (service_id, counted_as, id)
      WHERE ${IS_COUNTED_FAILURE}`,
  ],
} as const;
