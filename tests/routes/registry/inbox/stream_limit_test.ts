import assert from "node:assert/strict";
import {
  createStreamLimit,
  MAX_STREAMS_PER_RECIPIENT,
} from "../../../../routes/registry/inbox/stream_limit.ts";
import { test } from "../../../support/runner.ts";

test.inside("createStreamLimit: counts no stream that was cut off, and each that is read", () => {
  let now = 0;
  const { acquire } = createStreamLimit({ heartbeatMs: 15, stallMs: 60 }, () => now);
  const places = Array.from({ length: MAX_STREAMS_PER_RECIPIENT }, () => acquire("ann"));
  assert.equal(acquire("ann"), undefined);
  assert.notEqual(acquire("bob"), undefined);
  now = 75;
  places[0]?.onRead();
  now = 150;
  assert.equal(acquire("ann"), undefined);
  now = 151;
  const others = Array.from({ length: MAX_STREAMS_PER_RECIPIENT - 1 }, () => acquire("ann"));
  assert.ok(others.every((place) => place !== undefined));
  assert.equal(acquire("ann"), undefined);
  // The end of one that is not counted any more releases nothing.
  places[1]?.onEnd();
  assert.equal(acquire("ann"), undefined);
  places[0]?.onEnd();
  places[0]?.onEnd();
  assert.notEqual(acquire("ann"), undefined);
  assert.equal(acquire("ann"), undefined);
});
