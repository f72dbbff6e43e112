/** Signs callbacks by Standard Webhooks. */
export interface CallbackSigner {
  /** Generates a signing secret, `whsec_` and base64. */
  newSecret(): string;
  /**
   * The value of the header `webhook-signature`: a signature with each secret.
   *
   * @param id the value of the header `webhook-id`
   * @param at the time of the header `webhook-timestamp`, in epoch milliseconds
   */
  sign(secrets: readonly string[], id: string, at: number, body: string): Promise<string>;
}
