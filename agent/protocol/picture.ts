import * as z from 'zod/mini';

/** Largest picture of a screen, as base64: half of the longest line of a control message. Larger ones are made smaller first. */
export const MAX_SCREENSHOT_BASE64 = 524_288;

/** A picture of a screen. */
export const Picture = z.strictObject({
  /** A PNG, base64. */
  png: z.string().check(z.maxLength(MAX_SCREENSHOT_BASE64)),
  width: z.int().check(z.gte(1), z.lte(4096)),
  height: z.int().check(z.gte(1), z.lte(4096)),
});
export type Picture = z.infer<typeof Picture>;
