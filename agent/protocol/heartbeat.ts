import * as z from 'zod/mini';
import { GoingDownReason } from './goingDown.ts';
import { HostCondition } from './hostCondition.ts';
import { Epoch, Generation, HostName, Slot, Uuid } from './ids.ts';
import { KeeperNetMessage, KeeperPhase } from './keeperLink.ts';
import { NotifyBeat } from './notify.ts';

/** Largest datagram: below the usual MTU, so that a heartbeat is never fragmented. */
export const MAX_DATAGRAM_BYTES = 1400;

/** 64 TiB, as of a VM. */
const MAX_MEMORY_MIB = 67_108_864;

/** The sealed inside of a heartbeat datagram (JSON). Header, counter and tag are binary; see agent/heartbeat. */
export const Heartbeat = z.strictObject({
  groupId: Uuid,
  from: Slot,
  hostName: HostName,
  link: z.int().check(z.gte(0), z.lt(4)),
  /** The sender's run of its agent: fresh random at each start. */
  session: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  /** The receiver's session as last heard: proves that this datagram is no replay from an earlier run. */
  echoSession: z.nullable(z.string().check(z.regex(/^[0-9a-f]{16}$/))),
  /** Sender's boot clock, and for round-trip time the receiver's last stamp with the time it waited here. */
  sentMs: z.number(),
  echoSentMs: z.nullable(z.number()),
  echoHeldMs: z.nullable(z.number()),
  epoch: Epoch,
  phase: z.nullable(KeeperPhase),
  agentVersion: z.string().check(z.maxLength(40)),
  configGeneration: Generation,
  storeReachable: z.boolean(),
  /** Sent only by a host that is about to go, so that agents of the version before understand all other heartbeats. */
  goingDown: z.optional(GoingDownReason),
  /** Absent: nothing is known, as of agents that do not say it. */
  condition: z.optional(HostCondition),
  /** Memory that VMs could still have here. Absent: not looked at yet, or an agent of a version before. */
  freeMiB: z.optional(z.int().check(z.gte(0), z.lte(MAX_MEMORY_MIB))),
  /** Keeper-to-keeper messages, at most two in a datagram. */
  keeper: z.array(KeeperNetMessage).check(z.maxLength(2)),
  /** Only from hosts that have settings to tell people by: agents of the version before know nothing of it. */
  notify: z.optional(NotifyBeat),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** What a host knows of one link to one other host. */
export const LinkHealth = z.strictObject({
  peer: Slot,
  link: z.int(),
  address: z.string().check(z.maxLength(64)),
  state: z.enum(['never', 'up', 'late', 'down']),
  lastHeardAgoMs: z.nullable(z.number()),
  /** Round trips of the last 240 heartbeats: least, mean, greatest. */
  rttMinMs: z.nullable(z.number()),
  rttMs: z.nullable(z.number()),
  rttMaxMs: z.nullable(z.number()),
  /** How long ago the other host last heard this one on this link, as its echoes tell: shows loss in one direction. */
  heardThereAgoMs: z.nullable(z.number()),
  /** Share of the last 240 expected heartbeats that did not come, 0 to 1. */
  loss: z.nullable(z.number()),
  /** Datagrams thrown away: wrong tag, replayed, malformed, foreign group. */
  rejected: z.int(),
  /** The same by reason (agent/heartbeat/link.ts); `unconfirmed` ones, normal after a restart, only here. */
  rejectedBy: z.record(z.string().check(z.maxLength(20)), z.int()),
});
export type LinkHealth = z.infer<typeof LinkHealth>;
