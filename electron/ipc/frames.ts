import * as z from 'zod/mini';
import type { Failure } from '../../agent/protocol/failure.ts';

/** What the browser's page and the loopback server say to each other, one JSON object a WebSocket message. */

/** Longest message from a page: its calls are small; anything longer is no page of ours. */
export const MAX_PAGE_MESSAGE_BYTES = 65_536;
/** The page must introduce itself within this time after connecting. */
export const HELLO_WITHIN_MS = 5_000;

const secret = z.string().check(z.regex(/^[0-9a-f]{64}$/));

export const PageMessage = z.discriminatedUnion('kind', [
  /** First message: the one-time token from the address, or the key it was exchanged for, after a reload. */
  z.strictObject({ kind: z.literal('hello'), token: secret }),
  z.strictObject({ kind: z.literal('resume'), key: secret }),
  z.strictObject({
    kind: z.literal('call'),
    id: z.int().check(z.nonnegative()),
    name: z.string().check(z.maxLength(64)),
    input: z.unknown(),
  }),
  z.strictObject({ kind: z.literal('subscribe'), name: z.string().check(z.maxLength(64)) }),
]);
export type PageMessage = z.infer<typeof PageMessage>;

export type ServerMessage =
  | { readonly kind: 'welcome'; readonly key: string }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: unknown }
  | { readonly kind: 'value'; readonly name: string; readonly value: unknown };
