import assert from "node:assert/strict";
import { statusWhenNoneAccepted } from "../../../routes/registry/batch_status.ts";
import { test } from "../../support/runner.ts";

test.inside("statusWhenNoneAccepted: a retryable status with the longest wait when any item may be accepted later", () => {
  const limited = { status: 429, retryAfterS: 60 } as const;
  for (
    const [answers, expected] of [
      [[], { status: 400 }],
      [[{ status: 400 }], { status: 400 }],
      [[{ status: 400 }, limited, { status: 429, retryAfterS: 5 }], limited],
      [[limited, { status: 503, retryAfterS: 1 }], { status: 503, retryAfterS: 1 }],
      [[{ status: 403 }], { status: 403 }],
    ] as const
  ) assert.deepEqual(statusWhenNoneAccepted(answers), expected);
});
