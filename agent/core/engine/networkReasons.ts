import type { ProtectedVm } from '../../protocol/group.ts';
import type { ReadinessReason } from '../../protocol/readiness.ts';
import type { EngineState } from './state.ts';
import { bridgesOf } from './uplinks.ts';

/** What of this host's networks keeps the VM from running here, or from being reached here. */
export function networkReasons(
  state: EngineState,
  vm: ProtectedVm,
  isHolder: boolean,
  nowMs: number,
): ReadinessReason[] {
  if (!vm.hosts.includes(state.setup.slot)) return [];
  return [...missing(state, vm, isHolder), ...cutOff(state, vm, isHolder, nowMs)];
}

/** Bridges and networks that the definition names and this host does not have (any more). */
function missing(state: EngineState, vm: ProtectedVm, isHolder: boolean): ReadinessReason[] {
  const self = state.setup.hostName;
  const gaps = (state.host?.networkGaps ?? []).filter((gap) => gap.vm === vm.vm);
  return gaps.map(({ type, source }) => {
    const [code, what] =
      type === 'bridge'
        ? (['ready.bridge-missing', `has no bridge "${source}"`] as const)
        : (['ready.network-missing', `has no libvirt network "${source}" that is started`] as const);
    const then = isHolder ? `could not be started there again` : `could not run there`;
    return {
      code,
      weight: isHolder ? 'degraded' : 'unprotected',
      message: `${self} ${what}: ${vm.name} ${then}.`,
      fix: `Create or start it on ${self}; in the app, the page that protects VMs offers that where it is safe.`,
    };
  });
}

/** Bridges that have lost their way out. */
function cutOff(state: EngineState, vm: ProtectedVm, isHolder: boolean, nowMs: number): ReadinessReason[] {
  const self = state.setup.hostName;
  return bridgesOf(state, vm.vm, nowMs).dead.map((bridge) => ({
    code: isHolder ? 'ready.isolated' : 'ready.uplink-dead',
    weight: 'degraded',
    message: isHolder
      ? `The bridge "${bridge}" of ${self} has lost its way out: ${vm.name} runs, but nobody reaches it through there.`
      : `The bridge "${bridge}" of ${self} has lost its way out: nobody would reach ${vm.name} there.`,
    fix: `Check the cable and the switch of that bridge on ${self}.`,
  }));
}
