import * as z from 'zod/mini';
import { Failure } from '../protocol/failure.ts';
import { Generation, Uuid } from '../protocol/ids.ts';

/**
 * What the agents of two hosts say to each other for a live switchover or a drill: one JSON object a line, a reply to each request
 * in order, over TLS with a key made from the group key. A second connection, begun with `memory`, carries the guest's
 * memory as QEMU writes it.
 */

/** A libvirt definition, and libvirt's own notes for the other side, in base64. */
const MAX_TEXT_CHARS = 2_000_000;
/** A processor with all its features; real ones have 10,000. */
const MAX_CPU_CHARS = 200_000;
/** Reasons that a person would read; a VM with more broken disks shows the first ones. */
export const MAX_AGAINST = 16;
/** Room for both in one line. */
export const MAX_LINE_BYTES = 2 * MAX_TEXT_CHARS + 4096;

/** More disks than a guest can have. */
const MAX_DISKS = 1024;

const Cookie = z.string().check(z.maxLength(MAX_TEXT_CHARS), z.regex(/^[A-Za-z0-9+/=]*$/, 'must be base64'));
export const Ticket = z.string().check(z.regex(/^[0-9a-f]{32}$/));

export const MoveRequest = z.discriminatedUnion('kind', [
  /** First on a connection, and begins nothing: what would stop a guest with this definition from coming? */
  z.strictObject({
    kind: z.literal('check'),
    xml: z.string().check(z.maxLength(MAX_TEXT_CHARS)),
    hostCpu: z.nullable(z.string().check(z.maxLength(MAX_CPU_CHARS))),
  }),
  /** First after that: is the VM welcome? Everything that follows is about it. */
  z.strictObject({
    kind: z.literal('ask'),
    vm: Uuid,
    generation: Generation,
    digest: z.nullable(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  }),
  /** Begin a QEMU that waits for the memory; the reply brings the ticket for the connection that carries it. */
  z.strictObject({
    kind: z.literal('prepare'),
    xml: z.string().check(z.maxLength(MAX_TEXT_CHARS)),
    cookie: Cookie,
  }),
  /** All of it was sent. The copy stays paused. */
  z.strictObject({ kind: z.literal('finish'), cookie: Cookie }),
  z.strictObject({ kind: z.literal('cancel') }),
  /** Alone on a connection: copy the VM's disks for a drill. Whoever asked and closes the connection wants them no more. */
  z.strictObject({ kind: z.literal('copyDisks'), vm: Uuid, drill: Uuid }),
  /** First on the second connection; what follows is no line any more. */
  z.strictObject({ kind: z.literal('memory'), ticket: Ticket }),
]);
export type MoveRequest = z.infer<typeof MoveRequest>;

export const MoveReply = z.union([
  z.strictObject({
    ok: z.literal(true),
    cookie: z.optional(Cookie),
    ticket: z.optional(Ticket),
    /** What speaks against it, of a check. */
    against: z.optional(z.array(Failure).check(z.maxLength(MAX_AGAINST))),
    copied: z.optional(
      z.strictObject({
        disks: z
          .array(
            z.strictObject({
              target: z.string().check(z.maxLength(64)),
              path: z.string().check(z.maxLength(4096)),
            }),
          )
          .check(z.maxLength(MAX_DISKS)),
        bytes: z.number(),
      }),
    ),
  }),
  z.strictObject({ ok: z.literal(false), failure: Failure }),
]);
export type MoveReply = z.infer<typeof MoveReply>;
