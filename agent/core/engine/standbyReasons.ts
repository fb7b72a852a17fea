import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import type { ReadinessReason } from '../../protocol/readiness.ts';
import { isInMaintenance, isUsableHost, slotsGoingDown } from './candidates.ts';
import { degraded, unprotected } from './readinessReasons.ts';
import { type EngineState, hostName } from './state.ts';

/** What the holder sees of those that would take over. */
export function standbyReasons(state: EngineState, view: KeeperView, vm: ProtectedVm): ReadinessReason[] {
  const others = vm.hosts.filter((slot) => slot !== view.slot);
  if (others.length === 0) {
    return [
      unprotected('ready.no-second-host', `${vm.name} has no other host.`, {
        fix: 'Add a host to the group, or to the hosts of this VM.',
      }),
    ];
  }
  const silent = others.filter((slot) => !isUsableHost(view, slot));
  const unheard = others.filter((slot) => {
    const peer = state.peers.find((one) => one.slot === slot);
    return !silent.includes(slot) && peer !== undefined && peer.heard !== 'up';
  });
  const resting = others.filter((slot) => !silent.includes(slot) && isInMaintenance(view, slot));
  const going = others.filter(
    (slot) => slotsGoingDown(state).includes(slot) && ![...silent, ...resting].includes(slot),
  );
  const out = [...silent, ...resting, ...going].length;
  const make = out === others.length ? unprotected : degraded;
  return [
    ...going.map((slot) =>
      make('ready.standby-going-down', `${hostName(state, slot)} is about to go down, or on battery.`),
    ),
    ...resting.map((slot) =>
      make(
        'ready.standby-in-maintenance',
        `${hostName(state, slot)} is in maintenance: it takes nothing over.`,
        {
          fix: `End it when the work is done: understudy maintenance off ${hostName(state, slot)}`,
        },
      ),
    ),
    ...silent.map((slot) =>
      make(
        'ready.standby-silent',
        `${hostName(state, slot)} does not renew its lease: it could not take over.`,
        {
          fix: `Look at ${hostName(state, slot)}: is it on, and does it reach the store?`,
        },
      ),
    ),
    ...unheard.map((slot) =>
      degraded(
        'ready.links-down',
        `No heartbeat comes from ${hostName(state, slot)}, though it renews its lease: check the network between the hosts.`,
      ),
    ),
  ];
}
