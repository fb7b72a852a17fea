import * as z from 'zod/mini';

/** Why a VM's protection is less than whole. Stable; texts and fixes in docs/codes.md. */
export const ReadinessReason = z.strictObject({
  code: z.string().check(z.regex(/^ready\.[a-z0-9-]+$/), z.maxLength(80)),
  /** `unprotected`: a failover would not happen. `degraded`: it would, with less safety net. */
  weight: z.enum(['unprotected', 'degraded']),
  message: z.string().check(z.maxLength(500)),
  fix: z.optional(z.string().check(z.maxLength(500))),
});
export type ReadinessReason = z.infer<typeof ReadinessReason>;

export const Readiness = z.strictObject({
  level: z.enum(['protected', 'degraded', 'unprotected']),
  reasons: z.array(ReadinessReason).check(z.maxLength(32)),
});
export type Readiness = z.infer<typeof Readiness>;
