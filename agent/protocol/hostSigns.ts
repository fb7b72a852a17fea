import * as z from 'zod/mini';

/** What tells in advance that a host may fail. */
export const SignKind = z.enum([
  'disk',
  'memory-errors',
  'temperature',
  'fan',
  'power-supply',
  'link',
  'memory-pressure',
  'store',
]);
export type SignKind = z.infer<typeof SignKind>;

export const SignLevel = z.enum(['fine', 'worrying', 'failing']);
export type SignLevel = z.infer<typeof SignLevel>;

export const MAX_EVIDENCE_CHARS = 200;

/** One kind of sign as it counts, with the figures of its worst part. */
export const SignStatus = z.strictObject({
  sign: SignKind,
  level: SignLevel,
  evidence: z.string().check(z.maxLength(MAX_EVIDENCE_CHARS)),
});
export type SignStatus = z.infer<typeof SignStatus>;
