import * as z from 'zod/mini';
import { AreaHeader } from '../protocol/store.ts';
import { GroupConfig } from '../protocol/group.ts';

/** One request of the console, as JSON on standard input; the answer is one JSON line on standard output. */
const path = z.string().check(z.regex(/^\/[^\0]{1,4000}$/, 'must be an absolute path'));
const nonce = z.string().check(z.regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits'));

export const StoreProbeRequest = z.discriminatedUnion('action', [
  /** Writes one block that holds the nonce, with direct I/O. `create`: the file must not exist yet. */
  z.strictObject({ action: z.literal('place'), path, nonce, create: z.boolean() }),
  /** Reads that block with direct I/O. `warm`: fills the page cache with it afterwards, for the next look to get past. */
  z.strictObject({ action: z.literal('look'), path, warm: z.boolean() }),
  /** Times single 4 KiB writes with O_DIRECT and O_DSYNC on a new file, or on a blank device. */
  z.strictObject({
    action: z.literal('latency'),
    path,
    writes: z.int().check(z.gte(1), z.lte(2000)),
    limitMs: z.int().check(z.gte(100), z.lte(60_000)),
  }),
  z.strictObject({ action: z.literal('remove'), path }),
  /** Puts zeros back where a proof was placed on a block device; nothing else is touched. */
  z.strictObject({ action: z.literal('wipe'), path }),
  z.strictObject({ action: z.literal('inspect'), path }),
  z.strictObject({ action: z.literal('format'), path, header: AreaHeader, config: GroupConfig }),
]);
export type StoreProbeRequest = z.infer<typeof StoreProbeRequest>;

export const NetProbeRequest = z.discriminatedUnion('action', [
  /** Waits for one datagram with the nonce and answers it. */
  z.strictObject({
    action: z.literal('listen'),
    address: z.string().check(z.maxLength(64)),
    port: z.int().check(z.gte(1), z.lte(65_535)),
    nonce,
    limitMs: z.int().check(z.gte(100), z.lte(60_000)),
  }),
  /** Sends datagrams until one is answered. */
  z.strictObject({
    action: z.literal('send'),
    address: z.string().check(z.maxLength(64)),
    port: z.int().check(z.gte(1), z.lte(65_535)),
    nonce,
    limitMs: z.int().check(z.gte(100), z.lte(60_000)),
  }),
]);
export type NetProbeRequest = z.infer<typeof NetProbeRequest>;

/** A request is a group configuration at most. */
const MAX_REQUEST_BYTES = 1_048_576;

export async function readRequest(input: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) throw new Error('the request is too long');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
