import { type ControlServer, serveControl } from '../control/server.ts';
import type { Drills } from '../drill/drills.ts';
import { engineStatus } from '../core/engine/status.ts';
import { CONTROL_VERSION, type Status, type VmStatus } from '../protocol/control.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { MoveProgress } from '../protocol/moveProgress.ts';
import type { Moves } from '../move/moves.ts';
import { controlHandlers } from './controlHandlers.ts';
import { type Hypervisor, HypervisorError, type ScreenPicture } from '../hypervisor/hypervisor.ts';
import type { EngineShell } from './engineShell.ts';
import type { Ground } from './ground.ts';
import { groupIdOf } from './groupId.ts';
import type { KeeperLink } from './keeperLink.ts';
import { KeeperRefusal } from './keeperLink.ts';
import type { NotifyDesk } from '../notify/desk.ts';
import type { Peers } from './peers.ts';

/** The group of people who may talk to the agent without being root. */
const CONTROL_GROUP = 'understudy';
/** What ends this process happens after its answer has left. */
const ANSWER_FIRST_MS = 50;
const LEAVE_DEADLINE_MS = 30_000;
/** QEMU draws its screen in a blink; a guest that is frozen or a daemon that hangs does not answer at all. */
const SCREENSHOT_DEADLINE_MS = 8000;

/** Everything that a host says of itself. */
export function statusOf(
  ground: Ground,
  shell: EngineShell,
  peers: Peers,
  moves: Pick<Moves, 'progress'>,
): Status {
  const { settings, bootId, agentVersion, nowMs, wallTime, hypervisor } = ground;
  const now = nowMs();
  const engine = engineStatus(shell.engine, now);
  return {
    ...engine,
    controlVersion: CONTROL_VERSION,
    agentVersion,
    nowMs: now,
    wallTime: wallTime(),
    self: {
      ...engine.self,
      slot: settings.slot,
      name: settings.hostName,
      bootId,
      movesLive: hypervisor.mover !== null,
    },
    store: { ...engine.store, path: settings.areaPath },
    vms: engine.vms.map((vm) => withProgress(vm, moves.progress(vm.vm))),
    links: [...peers.links()],
  };
}

/** How far a move is changes nothing that the engine decides: only consoles are told. */
function withProgress(vm: VmStatus, progress: MoveProgress | null): VmStatus {
  if (progress === null || vm.activity === null) return vm;
  return { ...vm, activity: { ...vm.activity, progress } };
}

export async function openControl(
  ground: Ground,
  shell: EngineShell,
  status: () => Status,
  notify: NotifyDesk,
  moves: Pick<Moves, 'check'>,
  keeper: Pick<KeeperLink, 'request'>,
  drills: Drills,
): Promise<ControlServer> {
  const { paths, agentVersion, nowMs, journal, hypervisor } = ground;
  return serveControl({
    path: paths.agentSocket,
    groupId: paths.root === null ? groupIdOf(CONTROL_GROUP) : null,
    agentVersion,
    handlers: controlHandlers({
      shell,
      screenshot: (vm) => pictureOf(hypervisor, vm),
      pullPlug: paths.root === null ? null : pullPlug,
      leave: () => leave(keeper),
      checkLive: (vm, to) => checkLive(moves, vm, to),
      notify,
      drills,
    }),
    status,
    subscribeEvents: (listener) => journal.subscribe(listener),
    readEvents: (afterSeq, limit) => journal.read(afterSeq, limit),
    nowMs,
  });
}

/** The hypervisor's refusal becomes the request's. */
async function pictureOf(hypervisor: Hypervisor, vm: string): Promise<ScreenPicture> {
  try {
    return await hypervisor.screenshot(vm, SCREENSHOT_DEADLINE_MS);
  } catch (error) {
    throw error instanceof HypervisorError ? new FailureError(error.failure) : error;
  }
}

/** A hypervisor that refuses, and a host that can't be reached, are answers to the question. */
async function checkLive(moves: Pick<Moves, 'check'>, vm: string, to: number): Promise<readonly Failure[]> {
  try {
    return await moves.check(vm, to);
  } catch (error) {
    if (error instanceof HypervisorError || error instanceof FailureError) return [error.failure];
    throw error;
  }
}

/** As if the power failed: the whole process group of this demo host, keeper, agent and VMs, is killed at once. */
function pullPlug(): void {
  setTimeout(() => process.kill(0, 'SIGKILL'), ANSWER_FIRST_MS);
}

/** Keeper first: only when it has given everything up does the agent end as well. */
async function leave(keeper: Pick<KeeperLink, 'request'>): Promise<void> {
  try {
    await keeper.request({ kind: 'leave' }, LEAVE_DEADLINE_MS);
  } catch (error) {
    throw error instanceof KeeperRefusal ? new FailureError(error.failure) : error;
  }
  setTimeout(() => process.kill(process.pid, 'SIGTERM'), ANSWER_FIRST_MS);
}
