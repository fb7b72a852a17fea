import { decodeLease, leaseBlock, tokenBlock, TOKEN_READ_BLOCKS } from '../../../agent/core/area.ts';
import { PROFILES, takeoverTimeMs } from '../../../agent/core/timing.ts';
import { readToken } from '../../../agent/core/token.ts';
import type { Vm } from './guests.ts';
import type { Judge } from './judge.ts';
import type { Site } from './site.ts';
import type { Store } from './store.ts';

/** Why a VM may be down although hosts and the store are well; each is the price of a rule in docs/safety.md. */

interface Parts {
  readonly sites: readonly Site[];
  readonly store: Store;
  readonly judge: Judge;
}

export function cannotRun(vm: Vm, cores: readonly Site[], { sites, store, judge }: Parts): boolean {
  const { config } = judge;
  const entry = config.vms.find((one) => one.vm === vm.uuid);
  if (entry === undefined) return true;
  const data = store.snapshot(tokenBlock(entry.token, 0, 0), TOKEN_READ_BLOCKS);
  const read = readToken(data, config.areaId, entry.token, -1);
  if (read.unreadableSlot !== null) return true;
  const isForgotten = judge.hasRolledBack && !cores.some((site) => isProtectedBy(site, vm));
  if (isForgotten || (read.decided === null && !cores.some((site) => isHeldBy(site, vm)))) return true;
  // A store that went back names an earlier holder, and a host that was booted since knows nothing better.
  const isReleased = read.note?.released === true;
  const holders = [judge.holder(vm)?.slot, isReleased ? undefined : read.decided?.value.holder];
  for (const slot of holders) {
    const holder = sites[slot ?? -1];
    if (holder !== undefined && (isStranded(holder) || isLost(holder, cores, { sites, store, judge })))
      return true;
  }
  // What was wanted last went back with the store, and the only host that knew is not there: the note says "stopped".
  const knower = sites[judge.holder(vm)?.slot ?? -1];
  if (judge.hasRolledBack && read.note?.desired === 'stopped' && knower?.healthySinceMs === null) return true;
  // After a roll-back a host that no watchdog resets is waited for until it is heard again (rule 15).
  const isWaitedFor = ({ host }: Site): boolean =>
    cores.every(({ keeper }) => keeper.state?.unheard.has(host.slot) === true);
  if (sites.some((site) => isWaitedFor(site) && isLost(site, cores, { sites, store, judge }))) return true;
  // A write that never came back locks its block for the rest of that boot (rule 13).
  return cores.every(
    ({ keeper }) => keeper.state?.unreturned.some((write) => write.class === 'exclusive') === true,
  );
}

/** Without a watchdog nothing ends what could not be proven to be over: somebody has to reboot that host. */
export function isStranded({ keeper, watchdog }: Site): boolean {
  return watchdog === null && keeper.state?.phase === 'condemned';
}

/** Where no host that is there knows it, the store went back to before the VM was protected. */
const isProtectedBy = ({ keeper }: Site, vm: Vm): boolean =>
  keeper.state?.config?.vms.some((one) => one.vm === vm.uuid) === true;

/**
 * A token that was never given to anybody is taken where its VM runs only: its protection was cut off before anybody was told of it,
 * or went back with the store, and nobody can tell whether the VM was to run. docs/safety.md, section 5.
 */
const isHeldBy = ({ keeper }: Site, vm: Vm): boolean =>
  [...(keeper.state?.held.values() ?? [])].some((one) => one.vm === vm.uuid);

/** The last record of this host was torn. */
export function isUnreadable({ host }: Site, { store, judge }: Pick<Parts, 'store' | 'judge'>): boolean {
  const bytes = store.block(leaseBlock(host.slot));
  return bytes !== null && decodeLease(bytes, judge.config.areaId, host.slot).kind !== 'record';
}

/** The write of its new epoch never came back: it can't begin one before it is booted (rule 13). */
export function isLockedOut({ keeper }: Site): boolean {
  const { state } = keeper;
  const isJoining = state?.phase === 'joining' && !state.epochReserved;
  return isJoining && state.unreturned.some((write) => write.class === 'exclusive');
}

/** The holder is silent and can't be taken over by time (rule 1). */
function isLost(holder: Site, cores: readonly Site[], parts: Parts): boolean {
  const isSilent = holder.healthySinceMs === null || holder.keeper.state?.phase !== 'alive';
  return isSilent && (holder.watchdog?.isBroken === true || !promisesWatchdog(holder, cores, parts));
}

/**
 * As its last record says: also a host with a watchdog does without it for some seconds when the profile changes. A
 * record that was torn promises nothing to hosts that have not read an earlier one since they were started.
 */
function promisesWatchdog({ host }: Site, cores: readonly Site[], { store, judge }: Parts): boolean {
  if (judge.wasUnwatched(host.slot)) return false;
  const bytes = store.block(leaseBlock(host.slot));
  const lease = bytes === null ? null : decodeLease(bytes, judge.config.areaId, host.slot);
  if (lease?.kind === 'record') return lease.value.watchdog === 'armed';
  // What can't be read may have promised anything: the longest T of all counts (rule 1).
  const tornMs = judge.nowMs - (store.landedAtMs.get(leaseBlock(host.slot)) ?? 0);
  if (tornMs < 2 * takeoverTimeMs(PROFILES.patient)) return false;
  return cores.some(({ keeper }) => keeper.state?.watch.peers[host.slot]?.lease?.watchdog === 'armed');
}
