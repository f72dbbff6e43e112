/** The files of tests that start Hark as a process, and so can start a build. */

/** The tests of the conformance suite that run against the build. Paths begin at the project's folder. */
export const BUILD_TEST_FILES = [
  "tests/conformance/callbacks_test.ts",
  "tests/conformance/clocks_test.ts",
  "tests/conformance/dead_letters_kill_test.ts",
  "tests/conformance/delivery_test.ts",
  "tests/conformance/demo_tokens_test.ts",
  "tests/conformance/deploy_test.ts",
  "tests/conformance/development_secrets_test.ts",
  "tests/conformance/doctor_test.ts",
  "tests/conformance/feed_process_test.ts",
  "tests/conformance/job_kill_test.ts",
  "tests/conformance/launcher_test.ts",
  "tests/conformance/migration_test.ts",
  "tests/conformance/official_client_files_test.ts",
  "tests/conformance/official_client_test.ts",
  "tests/conformance/provider_check_test.ts",
  "tests/conformance/receipts_command_test.ts",
  "tests/conformance/restore_test.ts",
  "tests/conformance/smtp_start_test.ts",
  "tests/conformance/start_test.ts",
  "tests/conformance/store_loss_test.ts",
  "tests/conformance/strict_start_test.ts",
] as const;

/** Files of the conformance suite that start processes, but none of the build's commands, with the reason. */
export const OTHER_PROCESSES = {
  "tests/conformance/build_test.ts": "makes the build itself",
  "tests/conformance/deploy_files_test.ts": "reads the files of deploy/",
  "tests/conformance/durable_object_test.ts": "starts workerd",
  "tests/conformance/migration_kill_test.ts": "starts a migration that ends in the middle",
  "tests/conformance/twin_test.ts": "starts the played providers, which are no part of the build",
  "tests/conformance/worker_bad_input_test.ts": "starts workerd",
  "tests/conformance/worker_budget_test.ts": "starts workerd",
  "tests/conformance/worker_ends_test.ts": "starts workerd",
  "tests/conformance/worker_queue_test.ts": "starts workerd",
  "tests/conformance/worker_subrequests_test.ts": "starts workerd",
  "tests/conformance/worker_test.ts": "starts workerd",
} as const;
