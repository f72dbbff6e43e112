import type { CallbackManagement } from "../../../application/callbacks/manage_callbacks.ts";
import type { TestCallback } from "../../../application/callbacks/test_callback.ts";
import type { CallbackAllowance } from "../../../domain/callbacks/callback_url.ts";
import type { CallbackStore } from "../../../domain/ports/callback_store.ts";

/** Dependencies of the routes of a service's callbacks, `/manage/services/{service_id}/callbacks/{kind}`. */
export interface CallbackPorts {
  readonly callbacks: Pick<CallbackStore, "get" | "readLog">;
  readonly manage: CallbackManagement;
  readonly allowance: CallbackAllowance;
  readonly test: TestCallback;
}
