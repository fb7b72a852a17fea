import type { GroupConfig, GroupHost } from '../../protocol/group.ts';
import { deadUpToEpoch } from '../observer.ts';
import type { State } from './state.ts';
import { failed } from './turn.ts';

/**
 * Who belongs to the group. A host that joins or goes changes whom the others ask (rule 18) and who may count T for whom
 * (rule 1), so a proposal that does either is checked against what this host has read of the store.
 */

export function namesHost(config: GroupConfig, slot: number, hardwareId: string): boolean {
  return config.hosts.some((host) => host.slot === slot && host.hardwareId === hardwareId);
}

/** Why the hosts of a proposed configuration can't follow those of the present one; null when they can. */
export function refuseMembers(s: State, proposed: GroupConfig): ReturnType<typeof failed> | null {
  const present = s.config;
  if (present === null) {
    return null;
  }
  const added = proposed.hosts.filter((host) => !namesHost(present, host.slot, host.hardwareId));
  const removed = present.hosts.filter((host) => !namesHost(proposed, host.slot, host.hardwareId));
  const retired = new Map(proposed.retired?.map(({ slot, epoch }) => [slot, epoch]) ?? []);
  const before = present.retired ?? [];
  const givenUp = [...before.map(({ slot }) => slot), ...removed.map((host) => host.slot)];
  const slots = new Set(proposed.hosts.map((host) => host.slot));
  const usedTwice =
    givenUp.find((slot) => !retired.has(slot)) ??
    [...retired.keys()].find((slot) => slots.has(slot)) ??
    added.find((host) => !isUnused(s, host.slot))?.slot;
  if (usedTwice !== undefined || slots.size !== proposed.hosts.length) {
    return failed(
      'config.slot-used',
      'A slot of the lease area is given to one machine only, once and for all.',
    );
  }
  const orphan = proposed.vms.find((entry) => entry.hosts.some((slot) => !slots.has(slot)));
  if (orphan !== undefined) {
    return failed('config.unknown-slot', `${orphan.name} names a host that the configuration does not have.`);
  }
  const kept = before.every(({ slot, epoch }) => retired.get(slot) === epoch);
  const alive = removed.find((host) => !isGone(s, host, retired.get(host.slot) ?? 0));
  if (!kept || retired.size !== new Set(givenUp).size) {
    return failed('config.retired-changed', 'What the group knows of hosts that were taken out is final.');
  }
  return alive === undefined ? null : stillThere(alive);
}

function stillThere(host: GroupHost): ReturnType<typeof failed> {
  return failed(
    'config.host-alive',
    `${host.name} is not known to be dead, and has not left the group.`,
    'A host that may still run VMs is never taken out of the group.',
    `Uninstall Understudy on ${host.name}, or switch the host off and wait until it counts as dead.`,
  );
}

/** Nothing was ever written to its lease block; nothing may be concluded from a block that was not read. */
function isUnused(s: State, slot: number): boolean {
  const peer = s.watch.peers[slot];
  return peer !== undefined && peer.raw !== null && peer.lease === null && peer.unreadable === null;
}

/** Never there; or dead by T or by proof, or left for good, up to the epoch that is written down for it. */
function isGone(s: State, host: GroupHost, epoch: number): boolean {
  const peer = s.watch.peers[host.slot];
  if (host.slot === s.self.slot || peer === undefined || peer.raw === null || peer.unreadable !== null) {
    return false;
  }
  return epoch <= deadUpToEpoch(peer) && epoch >= (peer.lease?.epoch ?? 0);
}

/**
 * Another host's record tells of a newer configuration than the one that this host goes by, and a live one still does: what
 * this host may take, and whether it is in the group at all, may have changed. What a dead host's record told counts until
 * the configuration has been read since: after a roll-back of the store it may be lost for ever.
 */
export function isBehind(s: State): boolean {
  const live = s.watch.peers.some(
    (peer) =>
      peer.slot !== s.self.slot && isNewer(s, peer.lease) && deadUpToEpoch(peer) < (peer.lease?.epoch ?? 0),
  );
  return live || s.behindSinceMs !== null;
}

export function isNewer(s: State, lease: { readonly configGeneration: number } | null): boolean {
  return lease !== null && lease.configGeneration > (s.config?.generation ?? 0);
}
