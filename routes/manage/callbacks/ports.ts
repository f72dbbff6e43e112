import type { TestCallback } from "../../../application/callbacks/test_callback.ts";
import type { CallbackAllowance } from "../../../domain/callbacks/callback_url.ts";
import type { CallbackSigner } from "../../../domain/ports/callback_signer.ts";
import type { CallbackStore } from "../../../domain/ports/callback_store.ts";

/** Dependencies of the routes of a service's callbacks, `/manage/services/{service_id}/callbacks/{kind}`. */
export interface CallbackPorts {
  readonly callbacks: CallbackStore;
  readonly signer: Pick<CallbackSigner, "newSecret">;
  readonly allowance: CallbackAllowance;
  readonly test: TestCallback;
}
