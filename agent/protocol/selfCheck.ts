import * as z from 'zod/mini';

/**
 * What `agent.cjs self-check` prints: one line of JSON. A version that can't print it is not fit to be made current, so
 * only what an installer of any version needs is in it.
 */
export const SelfCheckReport = z.object({
  selfCheck: z.literal(1),
  version: z.string().check(z.maxLength(64)),
  ok: z.boolean(),
  /** In the order in which they were looked at; the first that fails is the last. */
  parts: z
    .array(
      z.object({
        part: z.string().check(z.maxLength(40)),
        ok: z.boolean(),
        note: z.string().check(z.maxLength(400)),
      }),
    )
    .check(z.maxLength(8)),
});
export type SelfCheckReport = z.infer<typeof SelfCheckReport>;
