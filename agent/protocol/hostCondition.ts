import * as z from 'zod/mini';
import { SignLevel } from './hostSigns.ts';

/** As the kernel takes names of interfaces: 15 bytes, no slash, no space. */
export const BridgeName = z.string().check(z.regex(/^[^\s/\p{Cc}]{1,15}$/u));
/** Bridges of protected VMs that are told of in a heartbeat, which has to fit into one datagram with room for the rest. */
export const MAX_TOLD_BRIDGES = 8;

const Bridges = z.array(BridgeName).check(z.maxLength(MAX_TOLD_BRIDGES));

/**
 * What a host says of itself to those that might give it VMs. Absent from the heartbeats of older agents, and of hosts that
 * have nothing to say: then nothing is known, and nothing moves there because of it.
 */
export const HostCondition = z.strictObject({
  /** Bridges that protected VMs use, and whose way out works, or has been dead for a while. What is in neither is not known. */
  uplinksUp: Bridges,
  uplinksDown: Bridges,
  /** Its disks, memory, temperatures, fans and power supplies as a whole. Absent: nothing of them can be read. */
  hardware: z.optional(SignLevel),
});
export type HostCondition = z.infer<typeof HostCondition>;

/** What to do with a VM whose host is in trouble: only say so; move it live; shut it down for it if need be. */
export const OnTrouble = z.enum(['tell', 'live', 'move']);
export type OnTrouble = z.infer<typeof OnTrouble>;
