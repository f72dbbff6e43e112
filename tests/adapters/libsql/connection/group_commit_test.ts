import assert from "node:assert/strict";
import { openDatabase } from "../../../../adapters/libsql/connection/database.ts";
import {
  groupCommit,
  MAX_BACKGROUND_BATCH,
  MAX_GROUP,
  MAX_GROUP_SIZE,
} from "../../../../adapters/libsql/connection/group_commit.ts";
import { migrateEmpty } from "../../../support/migrated.ts";
import {
  capacityFor,
  charge,
  createIsolate,
  isAccepted,
  newAccept,
  newSender,
  START,
} from "../../../contracts/isolate.ts";

/** A commit that writes down its groups and doubles its items. */
function recorder() {
  const groups: (readonly number[])[] = [];
  const commit = (items: readonly number[]) => {
    groups.push(items);
    return Promise.resolve(items.map((item) => item * 2));
  };
  return { groups, commit };
}

/** The limits of a group that no test here reaches, unless it says so. */
const LIMITS = { maxGroupItems: () => MAX_GROUP, maxGroupSize: MAX_GROUP_SIZE };

const upTo = (length: number) => Array.from({ length }, (_, index) => index);

Deno.test("groupCommit: commits the items of one event-loop iteration together, in order, each with its own result", async () => {
  const { groups, commit } = recorder();
  const write = groupCommit(commit);
  assert.deepEqual(await Promise.all([3, 1, 2].map(write)), [6, 2, 4]);
  assert.deepEqual(await Promise.all([5].map(write)), [10]);
  assert.deepEqual(groups, [[3, 1, 2], [5]]);
});

Deno.test("groupCommit: includes items of later microtasks of the same event-loop iteration", async () => {
  const { groups, commit } = recorder();
  const write = groupCommit(commit);
  const later = async (item: number) => {
    for (let i = 0; i < item; i++) await Promise.resolve();
    return await write(item);
  };
  assert.deepEqual(await Promise.all([later(9), later(1), later(4)]), [18, 2, 8]);
  assert.deepEqual(groups, [[1, 4, 9]]);
});

Deno.test("groupCommit: items that arrive while a commit is under way are the next group", async () => {
  const { groups, commit } = recorder();
  const ended = Promise.withResolvers<void>();
  const write = groupCommit(async (items: readonly number[]) => {
    const results = await commit(items);
    if (groups.length === 1) await ended.promise;
    return results;
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const results = [write(1)];
  for (const item of [2, 3, 4]) {
    await turn();
    results.push(write(item));
  }
  assert.deepEqual(groups, [[1]]);
  ended.resolve();
  assert.deepEqual(await Promise.all(results), [2, 4, 6, 8]);
  assert.deepEqual(groups, [[1], [2, 3, 4]]);
});

Deno.test("groupCommit: begins as many commits as its timing allows, when the timing says so", async () => {
  const { groups, commit } = recorder();
  const callbacks: (() => void)[] = [];
  const ended = Promise.withResolvers<void>();
  const write = groupCommit(
    async (items: readonly number[]) => {
      const results = await commit(items);
      await ended.promise;
      return results;
    },
    undefined,
    { ...LIMITS, onceWritable: (callback) => void callbacks.push(callback), commitsAtOnce: 2 },
  );
  const results = [1, 2, 3].map((item) => {
    const result = write(item);
    callbacks.shift()?.();
    return result;
  });
  assert.deepEqual(groups, [[1], [2]]);
  assert.equal(callbacks.length, 0);
  ended.resolve();
  await results[0];
  await new Promise((resolve) => setImmediate(resolve));
  callbacks.shift()?.();
  assert.deepEqual(await Promise.all(results), [2, 4, 6]);
  assert.deepEqual(groups, [[1], [2], [3]]);
});

/** Commits that end on demand, and a timing that begins at once. */
function commitsBeside(beside: { readonly items: number; readonly afterMs: number }) {
  const { groups, commit } = recorder();
  const ended = Promise.withResolvers<void>();
  const write = groupCommit(
    async (items: readonly number[]) => {
      const results = await commit(items);
      await ended.promise;
      return results;
    },
    undefined,
    { ...LIMITS, onceWritable: (callback) => callback(), commitsAtOnce: 2, beside },
  );
  return { groups, write, end: ended.resolve };
}

Deno.test("groupCommit: begins a commit beside another when enough items wait", async () => {
  const { groups, write, end } = commitsBeside({ items: 3, afterMs: 3_600_000 });
  const results = [1, 2, 3].map(write);
  assert.deepEqual(groups, [[1]]);
  results.push(write(4));
  assert.deepEqual(groups, [[1], [2, 3, 4]]);
  end();
  assert.deepEqual(await Promise.all(results), [2, 4, 6, 8]);
});

Deno.test("groupCommit: begins a commit beside one that takes long, and leaves no timer", async () => {
  const { groups, write, end } = commitsBeside({ items: 100, afterMs: 1 });
  const results = [1, 2].map(write);
  assert.deepEqual(groups, [[1]]);
  while (groups.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(groups, [[1], [2]]);
  end();
  assert.deepEqual(await Promise.all(results), [2, 4]);
});

for (
  const [count, sizes] of [
    [MAX_GROUP - 1, [MAX_GROUP - 1]],
    [MAX_GROUP, [MAX_GROUP]],
    [MAX_GROUP + 1, [MAX_GROUP, 1]],
    [2 * MAX_GROUP + 1, [MAX_GROUP, MAX_GROUP, 1]],
  ] as const
) {
  Deno.test(`groupCommit: commits ${count} items in groups of ${sizes.join(" and ")}`, async () => {
    const { groups, commit } = recorder();
    const results = await Promise.all(upTo(count).map(groupCommit(commit)));
    assert.deepEqual(results, upTo(count).map((item) => item * 2));
    assert.deepEqual(groups.map(({ length }) => length), sizes);
    assert.deepEqual(groups.flat(), upTo(count));
  });
}

Deno.test("groupCommit: separates large items, and commits one that exceeds the size limit alone", async () => {
  const { groups, commit } = recorder();
  const half = MAX_GROUP_SIZE / 2;
  const write = groupCommit(commit, (item) => item);
  const items = [1, half, half - 1, 1, 3 * half, 2, half, half, half];
  assert.deepEqual(await Promise.all(items.map(write)), items.map((item) => item * 2));
  assert.deepEqual(groups, [[1, half, half - 1], [1], [3 * half], [2, half], [half, half]]);
});

Deno.test("groupCommit: commits each item alone when the group fails, and rejects only those that fail alone", async () => {
  const groups: (readonly number[])[] = [];
  const write = groupCommit((items: readonly number[]) => {
    groups.push(items);
    if (items.includes(2)) return Promise.reject(new Error(`no ${items.join()}`));
    return Promise.resolve(items);
  });
  const results = await Promise.allSettled([1, 2, 3].map(write));
  assert.deepEqual(
    results.map((result) =>
      result.status === "fulfilled" ? result.value : String(result.reason.message)
    ),
    [1, "no 2", 3],
  );
  assert.deepEqual(groups, [[1, 2, 3], [1], [2], [3]]);
  assert.equal(await write(4), 4, "and goes on");
});

Deno.test("groupCommit: does not retry items alone when the database is unavailable", async () => {
  const answers: readonly (readonly [commits: number, () => Promise<Response>])[] = [
    [1, () => Promise.reject(new TypeError("connection refused"))],
    [1, () => Promise.reject(new DOMException("too late", "TimeoutError"))],
    [1, () => Promise.resolve(new Response("down", { status: 503 }))],
    [4, () => Promise.resolve(new Response("too large", { status: 413 }))],
  ];
  for (const [expected, answer] of answers) {
    const db = await openDatabase({ url: "http://db.internal", fetch: answer });
    let commits = 0;
    const write = groupCommit(async (items: readonly number[]) => {
      commits++;
      await db.write(["SELECT 1"]);
      return items;
    });
    const results = await Promise.allSettled([1, 2, 3].map(write));
    assert.deepEqual(results.map(({ status }) => status), Array(3).fill("rejected"));
    assert.equal(commits, expected);
    db.close();
  }
});

Deno.test("groupCommit: treats a commit that throws synchronously as one that failed", async () => {
  const write = groupCommit((items: readonly number[]): Promise<readonly number[]> => {
    if (items.length > 1) throw new Error("too many");
    return Promise.resolve(items);
  });
  assert.deepEqual(await Promise.all([1, 2].map(write)), [1, 2]);
});

Deno.test("groupCommit: resolves with an undefined result, and rejects when a result is missing", async () => {
  const write = groupCommit((_: readonly number[]): Promise<readonly (number | undefined)[]> =>
    Promise.resolve([undefined])
  );
  const [first, second] = await Promise.allSettled([1, 2].map(write));
  assert.deepEqual(first, { status: "fulfilled", value: undefined });
  assert.equal(second?.status, "rejected");
});

Deno.test("AcceptStore.accept: concurrent accepts on a file share their commits", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openDatabase({ url: `file:${folder}/hark.db` });
  try {
    await migrateEmpty(db, START);
    let commits = 0;
    const counting = ({ write, read }: Pick<typeof db, "write" | "read">) => ({
      write: (statements: Parameters<typeof db.write>[0]) => {
        commits++;
        return write(statements);
      },
      read,
    });
    const counted = {
      ...db,
      ...counting(db),
      background: { ...db.background, ...counting(db.background) },
    };
    const isolate = await createIsolate(counted, { now: START });
    const sender = await newSender(isolate);
    commits = 0;
    const accepts = Array.from({ length: 200 }, () => {
      return isolate.accepts.accept(
        newAccept(isolate, sender, { charges: [charge("day", 1_000)] }),
      );
    });
    assert.ok((await Promise.all(accepts)).every(isAccepted));
    assert.ok(commits <= 40, `${commits} commits for 200 accepts`);
    const items = await isolate.outbox.claim(START, capacityFor(200), 30_000);
    commits = 0;
    const start = { provider: "post", possibleDuplicate: false };
    await Promise.all(
      items.map(({ lease }) => isolate.outbox.start(lease, start, START, START + 30_000)),
    );
    // They are larger when the accepts are long over.
    assert.ok(commits <= Math.ceil(200 / MAX_BACKGROUND_BATCH), `${commits}`);
  } finally {
    db.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("groupCommit: cuts a group at the items and at the size that the backend states", async () => {
  for (
    const [limits, expected] of [
      [{ maxGroupItems: () => 2, maxGroupSize: 100 }, [[1, 2], [3]]],
      [{ maxGroupItems: () => 10, maxGroupSize: 3 }, [[1, 2], [3]]],
      [{ maxGroupItems: () => 10, maxGroupSize: 6 }, [[1, 2, 3]]],
    ] as const
  ) {
    const { groups, commit } = recorder();
    const write = groupCommit(commit, (item) => item, {
      ...limits,
      onceWritable: (callback) => void setImmediate(callback),
      commitsAtOnce: 1,
    });
    assert.deepEqual(await Promise.all([1, 2, 3].map(write)), [2, 4, 6]);
    assert.deepEqual(groups, expected);
  }
});
