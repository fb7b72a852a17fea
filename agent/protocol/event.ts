import * as z from 'zod/mini';
import { HostName, Uuid, VmName } from './ids.ts';

/** A line of the event log of one host. Wall time is for people only; order within a host is `seq`. */
export const LogEvent = z.strictObject({
  seq: z.int().check(z.nonnegative()),
  bootId: Uuid,
  atBootMs: z.number().check(z.nonnegative()),
  /** ISO 8601 UTC from the host's wall clock. */
  wallTime: z.string().check(z.maxLength(40)),
  host: HostName,
  code: z.string().check(z.regex(/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/), z.maxLength(80)),
  level: z.enum(['info', 'notice', 'warning', 'alarm']),
  vm: z.optional(VmName),
  /** What happened, in a sentence. */
  text: z.string().check(z.maxLength(1000)),
  /** What the decision was made from: small, flat, for the story and for support. */
  facts: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
});
export type LogEvent = z.infer<typeof LogEvent>;
