import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import { BEAT_CHANNEL_XML } from '../../protocol/guestBeat.ts';
import type { KeeperView, TokenView } from '../../protocol/keeperLink.ts';
import type { Readiness, ReadinessReason } from '../../protocol/readiness.ts';
import { takeoverByTimeMs } from '../timing.ts';
import { degraded, unprotected } from './readinessReasons.ts';
import { ROOM_FIX, roomText, withoutRoom } from './room.ts';
import { standbyReasons } from './standbyReasons.ts';
import { networkReasons } from './networkReasons.ts';
import { signReasons } from './signs.ts';
import { drillReasons } from './drill.ts';
import { type EngineState, freshView, hostName, tokenOf, vmState } from './state.ts';

/** The bound of the readiness schema; a VM with so many reasons needs no further one. */
const MAX_REASONS = 32;

/**
 * How far a VM is protected, as this host sees it. Holder and standbys each know a part: what only a standby can know
 * (its copy of the definition, its memory, its hypervisor) is in that host's own answer.
 */
export function readiness(state: EngineState, vm: ProtectedVm, nowMs: number): Readiness {
  const view = freshView(state, nowMs);
  const config = state.view?.config ?? null;
  if (view === null || config === null) {
    return judged([
      unprotected('ready.keeper-gone', `The keeper of ${state.setup.hostName} does not answer.`, {
        fix: 'Look at "systemctl status understudy-keeper".',
      }),
    ]);
  }
  const token = tokenOf(state, vm);
  const isHolder = token?.mine === true;
  return judged([
    ...groupReasons(state, view, config),
    ...tokenReasons(state, vm, token),
    ...hostReasons(state, view, vm, isHolder),
    ...(isHolder
      ? [...standbyReasons(state, view, vm), ...holderReasons(state, view, config, vm)]
      : [...copyReasons(state, vm, token), ...drillReasons(state, vm, nowMs)]),
  ]);
}

function judged(reasons: readonly ReadinessReason[]): Readiness {
  const level = reasons.some((one) => one.weight === 'unprotected')
    ? 'unprotected'
    : reasons.length > 0
      ? 'degraded'
      : 'protected';
  return { level, reasons: reasons.slice(0, MAX_REASONS) };
}

function groupReasons(state: EngineState, view: KeeperView, config: GroupConfig): ReadinessReason[] {
  const reasons: ReadinessReason[] = [];
  const self = state.setup.hostName;
  if (config.disarmed) {
    reasons.push(unprotected('ready.group-disarmed', 'The group is disarmed: its agents move nothing.'));
  }
  if (!view.store.reachable) {
    reasons.push(
      unprotected('ready.store-lost', `${self} can't reach the store (${view.store.error ?? 'no answer'}).`, {
        fix: 'Check the network to the storage and its mount.',
      }),
    );
  }
  if (view.store.regressed) {
    reasons.push(
      unprotected(
        'ready.store-went-back',
        'The lease area went back in time: it was restored from a snapshot, or the store lost writes.',
      ),
    );
  }
  if (view.phase !== 'alive') {
    reasons.push(
      unprotected(
        'ready.keeper-not-alive',
        `The keeper of ${self} is ${view.phase} and holds no rights now.`,
      ),
    );
  }
  if (!view.realTime && state.setup.needsRealTime) {
    reasons.push(
      degraded(
        'ready.not-real-time',
        `The keeper of ${self} runs without real-time priority: under heavy load it may lose its lease.`,
      ),
    );
  }
  return reasons;
}

function tokenReasons(state: EngineState, vm: ProtectedVm, token: TokenView | undefined): ReadinessReason[] {
  if (token?.unreadable === true) {
    return [
      unprotected(
        'ready.token-unreadable',
        `The token of ${vm.name} on the store can't be read: nobody can take it.`,
      ),
    ];
  }
  if (token === undefined || token.value === null) {
    return [
      unprotected('ready.no-holder', `No host holds ${vm.name} yet.`, {
        fix: `Start it with "understudy start ${vm.name}" on the host that has it.`,
      }),
    ];
  }
  const reasons: ReadinessReason[] = [];
  if (token.note?.notTakeable === true) {
    reasons.push(
      unprotected(
        'ready.not-takeable',
        `${hostName(state, token.value?.holder)} has marked ${vm.name} as not to be taken over.`,
      ),
    );
  }
  if (token.note?.reason === 'vm.gave-up') {
    reasons.push(
      degraded('ready.gave-up', `${vm.name} failed on every host; the next attempt is made after a pause.`),
    );
  }
  return reasons;
}

function hostReasons(
  state: EngineState,
  view: KeeperView,
  vm: ProtectedVm,
  isHolder: boolean,
): ReadinessReason[] {
  const reasons: ReadinessReason[] = [];
  const self = state.setup.hostName;
  if (!state.hypervisor.connected) {
    const message = `The hypervisor of ${self} does not answer (${state.hypervisor.error ?? 'not connected yet'}).`;
    const fix = 'Look at "systemctl status libvirtd" (or virtqemud).';
    const make = isHolder ? degraded : unprotected;
    reasons.push(make('ready.hypervisor-gone', message, { fix }));
  }
  const paused = vmState(state, vm.vm).ioErrorSinceMs !== null;
  if (paused) {
    reasons.push(degraded('ready.paused-io-error', `${vm.name} is paused: its disk answered with an error.`));
  }
  if (state.host?.hasHook === false) {
    const message = `The libvirt hook is missing on ${self}: a start by hand without a right would only be noticed afterwards.`;
    const fix = 'Install the host again from the console.';
    reasons.push(degraded('ready.hook-missing', message, { fix }));
  }
  for (const link of state.host?.unusableLinks ?? []) {
    reasons.push(degraded('ready.link-unusable', `${self} can't use its heartbeat address ${link}.`));
  }
  reasons.push(...networkReasons(state, vm, isHolder, view.nowMs));
  if (vm.hosts.includes(view.slot)) reasons.push(...signReasons(state, view.nowMs));
  const free = state.host?.freeMiB ?? null;
  const isSmall = !isHolder && vm.hosts.includes(view.slot) && free !== null && free < vm.memoryMiB;
  if (isSmall) {
    reasons.push(
      degraded(
        'ready.memory',
        `${self} has ${free} MiB of memory free; ${vm.name} needs ${vm.memoryMiB} MiB.`,
      ),
    );
  }
  return reasons;
}

/** What the holder's own record promises to those that would take over. */
function holderReasons(
  state: EngineState,
  view: KeeperView,
  config: GroupConfig,
  vm: ProtectedVm,
): ReadinessReason[] {
  const self = config.hosts.find((host) => host.slot === view.slot);
  const softwareWatchdogAccepted = self?.acceptSoftwareWatchdog === true;
  const reasons: ReadinessReason[] = [];
  const byTime = takeoverByTimeMs({ timing: view.timing, watchdog: view.watchdog, softwareWatchdogAccepted });
  if (byTime === null) {
    reasons.push(
      unprotected(
        'ready.watchdog-not-armed',
        `The watchdog of ${state.setup.hostName} is not armed (${view.watchdog}): if the host dies, no other may take over by time.`,
        { fix: 'Load a hardware watchdog driver, or accept the software watchdog for this host.' },
      ),
    );
  } else if (view.watchdog === 'software') {
    reasons.push(
      degraded(
        'ready.watchdog-software',
        `${state.setup.hostName} has only a software watchdog: takeovers take twice as long.`,
      ),
    );
  }
  for (const { failure } of vmState(state, vm.vm).inspect.unsafe) {
    const more = failure.fix === undefined ? {} : { fix: failure.fix };
    reasons.push(unprotected('ready.definition-unsafe', failure.message, more));
  }
  reasons.push(...heartbeatReasons(state, vm), ...roomReasons(state, view, config, vm));
  if (vmState(state, vm.vm).wanted?.note.definition == null) {
    reasons.push(
      unprotected('ready.definition-missing', `The definition of ${vm.name} is not on the store yet.`),
    );
  }
  return reasons;
}

/** The others are there, and too small for all that this host holds: those that start last would stay down. */
function roomReasons(
  state: EngineState,
  view: KeeperView,
  config: GroupConfig,
  vm: ProtectedVm,
): ReadinessReason[] {
  const found = withoutRoom(state, view, config).filter(
    (one) => one.vm.vm === vm.vm && one.ifLost === view.slot,
  );
  return found.map((one) => degraded('ready.no-room', roomText(state, one), { fix: ROOM_FIX }));
}

/** A probe that waits for beats which the VM as it is defined, or as it runs, can't send. */
function heartbeatReasons(state: EngineState, vm: ProtectedVm): ReadinessReason[] {
  const { fast, deep } = vm.policy.health ?? {};
  const isWatched = fast?.probe === 'heartbeat' || deep?.probe === 'heartbeat';
  if (!isWatched || vmState(state, vm.vm).inspect.hasHeartbeat !== false) return [];
  const message = `${vm.name} is watched by its heartbeat, and its definition has no channel for one, or not while it runs: nobody hears its guest.`;
  const fix = `Write this into a file: ${BEAT_CHANNEL_XML} and run: virsh attach-device ${vm.name} FILE --config --live. Without --live it counts when the VM is started anew.`;
  return [degraded('ready.heartbeat-channel-missing', message, { fix })];
}

/** What a standby knows of its own copy. */
function copyReasons(state: EngineState, vm: ProtectedVm, token: TokenView | undefined): ReadinessReason[] {
  if (!vm.hosts.includes(state.setup.slot)) return [];
  const digest = token?.note?.definition ?? null;
  if (digest === null || isDefinitionHere(state, vm, digest)) return [];
  const message = `${state.setup.hostName} does not have the newest definition of ${vm.name} yet.`;
  // The newest is on the store as well, and is fetched again before a takeover.
  return [degraded('ready.definition-old', message)];
}

function isDefinitionHere(state: EngineState, vm: ProtectedVm, digest: string): boolean {
  return state.definitions.get(vm.vm)?.placed === digest;
}

/** Whether this host has the definition that the holder's note names; null when there is none. */
export function definitionInSync(state: EngineState, vm: ProtectedVm): boolean | null {
  const digest = tokenOf(state, vm)?.note?.definition ?? null;
  return digest === null ? null : isDefinitionHere(state, vm, digest);
}
