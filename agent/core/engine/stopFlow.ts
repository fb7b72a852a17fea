import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import { MOVED_LIVE } from '../../protocol/store.ts';
import type { MoveActivity, StopActivity, StopStep, SwitchoverHow } from './activity.ts';
import { isPausedByDisk, pausedByDisk, wantDesired } from './intent.ts';
import {
  askHypervisor,
  type Draft,
  hostName,
  isActiveHere,
  patchVm,
  reply,
  tell,
  tokenOf,
  vmState,
  incidentOf,
} from './state.ts';
import { abort, awaitTaker } from './stopEnds.ts';
import { askStop, STOP_DEADLINES_MS } from './stopAsk.ts';
import { isGone, isOff, noteIsWritten } from './stopFacts.ts';
import type { OperationOutcome } from './types.ts';

/** A guest that is still booting does not hear the first time. */
const ASK_AGAIN_MS = 10_000;
/** Cutting the power after the guest's time is up may take this long. */
const OWN_STOP_AFTERMATH_MS = 120_000;

export interface StopOptions {
  readonly cause: StopActivity['cause'];
  readonly to: number | null;
  readonly failedOn: readonly number[];
  readonly reason: string;
  readonly comesBack?: SwitchoverHow | null;
  readonly command: number | null;
}

/** Stops a VM here, or gives it to another host: guest down, keeper agrees, definition published, token released. */
export function beginStop(draft: Draft, vm: ProtectedVm, options: StopOptions): void {
  const activity: StopActivity = {
    kind: 'stop',
    isLive: false,
    comesBack: null,
    ...options,
    incident: incidentOf(draft, vm),
    offSinceMs: isActiveHere(draft, vm.vm) ? null : lastEndMs(draft, vm),
    generation: tokenOf(draft, vm)?.generation ?? 0,
    step: 'note',
    sinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    operation: null,
    deadlineMs: draft.nowMs,
    askedAtMs: draft.nowMs,
    askedAgain: null,
    shutdownUntilMs: draft.nowMs + vm.policy.shutdownTimeoutMs,
  };
  const ownStopUntilMs =
    options.cause === 'switchover' ? draft.nowMs + vm.policy.shutdownTimeoutMs + OWN_STOP_AFTERMATH_MS : 0;
  patchVm(draft, vm.vm, { handOver: null, said: [], ownStopUntilMs });
  if (options.cause === 'stop') {
    wantDesired(draft, vm, 'stopped', options.reason);
    return enter(draft, vm, activity, 'note');
  }
  if (!isActiveHere(draft, vm.vm)) return enter(draft, vm, activity, 'waitGone');
  enter(draft, vm, activity, options.cause === 'switchover' ? 'shutdown' : 'kill');
}

/** The guest has moved, its QEMU here has ended: the token follows it at once, the guest stands still until it does. */
export function afterMove(draft: Draft, vm: ProtectedVm, move: MoveActivity): void {
  const { to, generation, command, incident, sinceMs, comesBack } = move;
  const activity: StopActivity = {
    kind: 'stop',
    cause: 'switchover',
    isLive: true,
    to,
    generation,
    command,
    comesBack,
    incident,
    sinceMs,
    failedOn: [],
    reason: MOVED_LIVE,
    step: 'waitGone',
    offSinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    operation: null,
    deadlineMs: draft.nowMs,
    askedAtMs: draft.nowMs,
    askedAgain: null,
    shutdownUntilMs: draft.nowMs,
  };
  if (isGone(draft, vm)) moved(draft, vm, activity);
  else enter(draft, vm, activity, 'waitGone');
}

/** When it went down here, as far as that was seen. */
function lastEndMs(draft: Draft, vm: ProtectedVm): number {
  const { failuresMs, goneSinceMs } = vmState(draft, vm.vm);
  return failuresMs.at(-1) ?? goneSinceMs ?? draft.nowMs;
}

export function advanceStop(
  draft: Draft,
  vm: ProtectedVm,
  activity: StopActivity,
  outcome: OperationOutcome | null,
): void {
  if (outcome === null) look(draft, vm, activity);
  else if (outcome.kind === 'done') succeed(draft, vm, activity, outcome);
  else fail(draft, vm, activity, outcome.failure);
}

function enter(draft: Draft, vm: ProtectedVm, activity: StopActivity, step: StopStep): void {
  const deadlineMs = STOP_DEADLINES_MS[step];
  const operation = askStop(draft, vm, activity, step, deadlineMs);
  patchVm(draft, vm.vm, {
    activity: {
      ...activity,
      offSinceMs: activity.offSinceMs ?? (step === 'waitGone' ? draft.nowMs : null),
      step,
      stepSinceMs: draft.nowMs,
      deadlineMs: step === 'waitOff' ? activity.shutdownUntilMs : draft.nowMs + deadlineMs,
      operation,
    },
  });
}

function succeed(
  draft: Draft,
  vm: ProtectedVm,
  activity: StopActivity,
  outcome: Extract<OperationOutcome, { kind: 'done' }>,
): void {
  if (activity.step === 'shutdown') return enter(draft, vm, activity, 'waitOff');
  if (activity.step === 'kill' || activity.step === 'destroy') {
    return enter(draft, vm, activity, 'waitGone');
  }
  if (activity.step === 'publish') {
    const { wanted } = vmState(draft, vm.vm);
    if (wanted && outcome.value.kind === 'digest') {
      const note = { ...wanted.note, definition: outcome.value.digest };
      patchVm(draft, vm.vm, { wanted: { ...wanted, note } });
    }
    return enter(draft, vm, activity, 'release');
  }
  if (activity.step === 'release') {
    tell(draft, {
      code: 'vm.released',
      level: 'info',
      vm: vm.name,
      text: `${draft.setup.hostName} has given the token of ${vm.name} up for ${hostName(draft, activity.to)}.`,
      facts: {
        generation: activity.generation,
        from: draft.setup.hostName,
        to: hostName(draft, activity.to),
        reason: activity.reason,
        offForMs: activity.offSinceMs === null ? null : draft.nowMs - activity.offSinceMs,
      },
    });
    patchVm(draft, vm.vm, {
      wanted: null,
      runningSinceMs: null,
      ranAtGeneration: 0,
      failuresMs: [],
      ownStopUntilMs: 0,
      moving: 0,
    });
    enter(draft, vm, activity, 'awaitTaker');
  }
}

function fail(draft: Draft, vm: ProtectedVm, activity: StopActivity, failure: Failure): void {
  switch (activity.step) {
    case 'shutdown':
      // The guest could not even be asked. Its time goes on, and at the end its power is cut.
      return enter(draft, vm, activity, 'waitOff');
    case 'publish':
      tell(draft, {
        code: 'definition.publish-failed',
        level: 'warning',
        vm: vm.name,
        text: `The last definition of ${vm.name} could not be written to the store: ${failure.message.replace(/\.$/, '')}. The one before is used.`,
        facts: { failure: failure.code },
      });
      return enter(draft, vm, activity, 'release');
    case 'kill':
      return enter(draft, vm, activity, 'destroy');
    case 'note':
    case 'waitOff':
    case 'destroy':
    case 'waitGone':
    case 'release':
    case 'awaitTaker':
      return abort(draft, vm, activity, failure);
  }
}

function look(draft: Draft, vm: ProtectedVm, activity: StopActivity): void {
  const isLate = draft.nowMs >= activity.deadlineMs;
  switch (activity.step) {
    case 'note':
      if (noteIsWritten(draft, vm)) {
        return enter(draft, vm, activity, isActiveHere(draft, vm.vm) ? 'shutdown' : 'waitGone');
      }
      if (isLate) abort(draft, vm, activity, tooLate('The intent could not be written to the store.'));
      return;
    case 'waitOff':
      if (isOff(draft, vm)) return enter(draft, vm, activity, 'waitGone');
      if (isPausedByDisk(draft, vm)) return abort(draft, vm, activity, pausedByDisk(vm));
      if (isLate) shutdownTimedOut(draft, vm, activity);
      else askAgain(draft, vm, activity);
      return;
    case 'waitGone':
      if (isGone(draft, vm)) return gone(draft, vm, activity);
      if (isLate) abort(draft, vm, activity, tooLate(`A process of ${vm.name} does not go away.`));
      return;
    case 'awaitTaker':
      return awaitTaker(draft, vm, activity, isLate);
    case 'shutdown':
    case 'kill':
    case 'destroy':
    case 'publish':
    case 'release':
      return;
  }
}

/**
 * That the guest goes off is what counts, not the answer. But while one is missing nothing more is asked: a hung
 * hypervisor might carry it out much later, on a guest that was started again meanwhile.
 */
function askAgain(draft: Draft, vm: ProtectedVm, activity: StopActivity): void {
  const isRunning = draft.hypervisor.connected && draft.domains.get(vm.vm)?.state === 'running';
  if (!isRunning || activity.askedAgain !== null || draft.nowMs - activity.askedAtMs < ASK_AGAIN_MS) return;
  const askedAgain = askHypervisor(draft, { kind: 'shutdown', vm: vm.vm }, STOP_DEADLINES_MS.shutdown);
  patchVm(draft, vm.vm, { activity: { ...activity, askedAtMs: draft.nowMs, askedAgain } });
}

/** Only libvirt's "migrated" says that nothing ran here after the copy was complete. Else the token stays, and the VM with it. */
function moved(draft: Draft, vm: ProtectedVm, activity: StopActivity): void {
  if (draft.domains.get(vm.vm)?.reason === 'migrated') return enter(draft, vm, activity, 'release');
  abort(draft, vm, activity, { code: 'vm.live-unclear', message: 'libvirt does not say that it has moved.' });
}

function gone(draft: Draft, vm: ProtectedVm, activity: StopActivity): void {
  if (activity.isLive) return moved(draft, vm, activity);
  if (activity.cause !== 'stop') return enter(draft, vm, activity, 'publish');
  patchVm(draft, vm.vm, {
    activity: null,
    ranAtGeneration: 0,
    runningSinceMs: null,
    publish: { isDue: true, lastMs: null },
  });
  tell(draft, { code: 'vm.stopped', level: 'notice', vm: vm.name, text: `${vm.name} was stopped as asked.` });
  reply(draft, activity.command, { kind: 'text', text: `${vm.name} is stopped.` });
}

function shutdownTimedOut(draft: Draft, vm: ProtectedVm, activity: StopActivity): void {
  const seconds = Math.round(vm.policy.shutdownTimeoutMs / 1000);
  if (activity.cause === 'stop') {
    const failure: Failure = {
      code: 'vm.shutdown-timeout',
      message: `${vm.name} did not shut down within ${seconds} s and still runs.`,
      fix: `Shut it down from inside, or cut its power with "virsh destroy ${vm.name}".`,
    };
    return abort(draft, vm, activity, failure);
  }
  tell(draft, {
    code: 'vm.power-cut',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} did not shut down within ${seconds} s; its power is cut.`,
    facts: { timeoutMs: vm.policy.shutdownTimeoutMs },
  });
  enter(draft, vm, activity, 'kill');
}

const tooLate = (message: string): Failure => ({ code: 'engine.too-late', message });
