import * as z from 'zod/mini';
import { Failure } from './failure.ts';
import { MAX_ANSWER_CHARS, MAX_PROBE_CHARS } from './health.ts';
import { HostName, Uuid, VmName } from './ids.ts';

/** A rehearsal: a throw-away copy of a VM is booted on a standby, cut off from every network. */

export const DrillStep = z.enum(['preparing', 'copying', 'starting', 'checking', 'ending']);
export type DrillStep = z.infer<typeof DrillStep>;

/** For people. */
export const drillStepWords: { readonly [step in DrillStep]: string } = {
  preparing: 'clearing up what an earlier drill left',
  copying: 'copying the disks as they are at this moment',
  starting: 'starting the copy',
  checking: 'waiting until the copy is well',
  ending: 'throwing the copy away',
};

export const DrillCheck = z.strictObject({
  probe: z.string().check(z.maxLength(MAX_PROBE_CHARS)),
  /** `not-asked`: it is asked over the network, and the copy has none. */
  outcome: z.enum(['well', 'failed', 'silent', 'not-asked']),
  text: z.string().check(z.maxLength(MAX_ANSWER_CHARS)),
});
export type DrillCheck = z.infer<typeof DrillCheck>;

/**
 * `passed`: something inside the guest said that it is well. `ran`: it ran to the end, and nobody inside could be asked.
 * `broken-off`: it was ended before it could tell anything.
 */
export const DrillResult = z.enum(['passed', 'ran', 'failed', 'broken-off']);
export type DrillResult = z.infer<typeof DrillResult>;

/** For people. */
export const drillResultWords: { readonly [result in DrillResult]: string } = {
  passed: 'the copy came up and is well',
  ran: 'the copy ran; nothing inside it could be asked, look at the picture',
  failed: 'the copy did not come up well',
  'broken-off': 'it was broken off and says nothing about the VM',
};

const Ms = z.nullable(z.number());

export const DrillReport = z.strictObject({
  vm: Uuid,
  name: VmName,
  /** The standby on which it was made. */
  host: HostName,
  /** When it began, in Unix ms by that host's wall clock. */
  atWallMs: z.number(),
  result: DrillResult,
  because: z.nullable(Failure),
  copiedBytes: z.nullable(z.number()),
  copyMs: Ms,
  /** From the order to start it until the first answer of the guest agent; null: it never answered. */
  bootMs: Ms,
  /** From the order to start it until everything that was asked was well; null: it never was. */
  wellMs: Ms,
  checks: z.array(DrillCheck).check(z.maxLength(3)),
  hasPicture: z.boolean(),
});
export type DrillReport = z.infer<typeof DrillReport>;

export const DrillStatus = z.strictObject({
  /** False: the hypervisor of this host has no drills. */
  isPossible: z.boolean(),
  /** The one under way on this host; null: none. */
  running: z.nullable(
    z.strictObject({ vm: Uuid, name: VmName, step: DrillStep, sinceMs: z.number(), id: z.string() }),
  ),
  /** What came of the last one since the agent started, whatever it was; null: there was none. */
  last: z.nullable(z.strictObject({ id: z.string(), report: DrillReport })),
  /** The last one of each VM on this host that told something. */
  reports: z.array(DrillReport).check(z.maxLength(64)),
});
export type DrillStatus = z.infer<typeof DrillStatus>;
