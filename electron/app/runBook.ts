import { randomUUID } from 'node:crypto';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { GroupView, RunView, VmView } from '../ipc/views.ts';

/** Kept for the window; the hosts' event logs keep the story. */
const MAX_RUNS = 24;
/** How long a finished run is shown. */
const SHOWN_FOR_MS = 15 * 60_000;
/** A run that no host speaks of any more, and whose VM does not run, has failed after this time. */
const FORGOTTEN_AFTER_MS = 30_000;

interface Step {
  readonly text: string;
  readonly startedMs: number;
  endedMs: number | null;
}

interface Run {
  readonly id: string;
  readonly groupId: string;
  readonly kind: RunView['kind'];
  readonly vmId: string;
  readonly vmName: string;
  readonly from: string | null;
  to: string | null;
  readonly startedMs: number;
  readonly startedAt: string;
  readonly steps: Step[];
  lastSignMs: number;
  endedMs: number | null;
  state: RunView['state'];
  /** Since when no host is seen to run the VM. */
  awaySinceMs: number | null;
  isLive: boolean;
  progress: RunView['progress'];
  pauseMs: number | null;
  expectedPauseMs: number | null;
  mayStop: boolean;
  failure: Failure | null;
}

const runningOn = ({ place }: VmView): string | null => (place.kind === 'running' ? place.host : null);

/** Follows switchovers, takeovers and restarts from one view to the next, with their steps and seconds. */
export class RunBook {
  #runs: Run[] = [];
  /** When each VM was last seen running, by VM id: what its time away is counted from. */
  readonly #lastRunning = new Map<string, { readonly host: string; readonly atMs: number }>();

  /** A switchover that was asked for here; it is under way from now on, whatever the hosts say so far. */
  begin(
    groupId: string,
    vm: VmView,
    asked: Pick<RunView, 'isLive' | 'expectedPauseMs'> & { readonly to: string },
    nowMs: number,
  ): string {
    const way = { from: runningOn(vm) ?? vm.holder, to: asked.to };
    const run = this.#add(groupId, 'switchover', vm, way, 'Asking the hosts', nowMs);
    run.isLive = asked.isLive;
    run.expectedPauseMs = asked.expectedPauseMs;
    return run.id;
  }

  /** Which VM a run is about; null when it is forgotten. */
  run(id: string): { readonly groupId: string; readonly vmId: string } | null {
    return this.#runs.find((run) => run.id === id) ?? null;
  }

  /** The hosts refused it, or it ended badly. */
  fail(id: string, failure: Failure, nowMs: number): void {
    const run = this.#runs.find((one) => one.id === id);
    if (run !== undefined && run.state === 'under-way') end(run, 'failed', nowMs, failure);
  }

  /** Takes the next view of a group, made at `nowMs`. */
  observe(view: GroupView, nowMs: number): void {
    for (const vm of view.vms) {
      this.#follow(view.id, vm, nowMs);
      const host = runningOn(vm);
      if (host !== null) this.#lastRunning.set(vm.id, { host, atMs: nowMs - vm.ageMs });
    }
    this.#runs = this.#runs
      .filter(({ endedMs }) => endedMs === null || nowMs - endedMs < SHOWN_FOR_MS)
      .slice(-MAX_RUNS);
  }

  forget(groupId: string): void {
    this.#runs = this.#runs.filter((run) => run.groupId !== groupId);
  }

  views(nowMs: number): readonly RunView[] {
    return this.#runs.map((run) => runView(run, nowMs));
  }

  #add(
    groupId: string,
    kind: RunView['kind'],
    vm: VmView,
    way: { readonly from: string | null; readonly to: string | null },
    step: string,
    startedMs: number,
  ): Run {
    const run: Run = {
      id: randomUUID(),
      groupId,
      kind,
      vmId: vm.id,
      vmName: vm.name,
      ...way,
      startedMs,
      startedAt: new Date().toISOString(),
      steps: [{ text: step, startedMs, endedMs: null }],
      lastSignMs: startedMs,
      endedMs: null,
      state: 'under-way',
      isLive: false,
      progress: null,
      awaySinceMs: null,
      pauseMs: null,
      expectedPauseMs: null,
      mayStop: false,
      failure: null,
    };
    this.#runs.push(run);
    return run;
  }

  #follow(groupId: string, vm: VmView, nowMs: number): void {
    const run =
      this.#runs.find((one) => one.vmId === vm.id && one.state === 'under-way') ??
      this.#notice(groupId, vm, nowMs);
    if (run === undefined) return;
    const { activity, place } = vm;
    if (activity !== null) {
      run.to = activity.to ?? run.to ?? (run.kind === 'stop' ? null : activity.on);
      enter(run, activity.step, nowMs);
      turn(run, activity.isLive);
    }
    run.progress = activity?.progress ?? null;
    run.mayStop = activity?.mayStop ?? false;
    if (activity !== null || place.kind === 'waiting') run.lastSignMs = nowMs;
    this.#measureAway(vm, run, nowMs);
    const host = runningOn(vm);
    const arrived = host !== null && (run.kind !== 'switchover' || host === run.to) && run.kind !== 'stop';
    if (activity === null && (arrived || (run.kind === 'stop' && place.kind === 'stopped'))) {
      run.to = host ?? run.to;

      end(run, 'done', nowMs, null);
    } else if (nowMs - run.lastSignMs > FORGOTTEN_AFTER_MS) {
      const message = `No host works on ${run.vmName} any more, and it is not where it was to go.`;
      end(run, 'failed', nowMs, { code: 'run.forgotten', message, fix: 'The events of the hosts say why.' });
    }
  }

  /** Something began that was not asked for here: the hosts act on their own, or another console did it. */
  #notice(groupId: string, vm: VmView, nowMs: number): Run | undefined {
    const { activity, place } = vm;
    const last = this.#lastRunning.get(vm.id);
    if (place.kind === 'waiting' && !place.lastHostAnswers && place.takeoverInMs !== null) {
      const from = place.lastOn ?? last?.host ?? null;
      const step = `Waiting until ${from ?? 'its host'} is certainly gone`;
      return this.#add(groupId, 'takeover', vm, { from, to: null }, step, last?.atMs ?? nowMs);
    }
    if (activity === null) return undefined;
    const from = last?.host ?? activity.on;
    const to = activity.kind === 'stop' ? null : (activity.to ?? activity.on);
    return this.#add(groupId, activity.kind, vm, { from, to }, activity.step, nowMs - activity.forMs);
  }

  /** From its last sign of running to the start that is reported now. */
  #measureAway(vm: VmView, run: Run, nowMs: number): void {
    const { place } = vm;
    if (place.kind !== 'running') {
      if (place.kind !== 'not-known') run.awaySinceMs ??= this.#lastRunning.get(vm.id)?.atMs ?? null;
    } else if (run.awaySinceMs !== null && run.pauseMs === null) {
      const runsForMs = Math.min(place.forMs ?? 0, nowMs - run.awaySinceMs);
      run.pauseMs = nowMs - runsForMs - run.awaySinceMs;
    }
  }
}

function enter(run: Run, text: string, nowMs: number): void {
  const current = run.steps.at(-1);
  if (current?.text === text) return;
  if (current !== undefined) current.endedMs ??= nowMs;
  run.steps.push({ text, startedMs: nowMs, endedMs: null });
}

/** How its guest is moved shows in the steps: another console may have asked for it, or a live move has failed. */
function turn(run: Run, isLive: boolean | null): void {
  if (run.kind !== 'switchover' || isLive === null) return;
  // The pause that was expected was that of a guest which is not shut down.
  if (run.isLive && !isLive) run.expectedPauseMs = null;
  run.isLive = isLive;
}

function end(run: Run, state: 'done' | 'failed', nowMs: number, failure: Failure | null): void {
  const last = run.steps.at(-1);
  if (last !== undefined) last.endedMs ??= nowMs;
  run.endedMs = nowMs;
  run.progress = null;
  run.state = state;
  run.failure = failure;
}

/** Why the run can't be stopped; null: it can. */
function stopRefused({ kind, state, mayStop }: Run): string | null {
  if (kind !== 'switchover') return 'Only a switchover can be stopped.';
  if (state !== 'under-way') return 'It is over.';
  return mayStop ? null : 'The VM has been given up to the other host already. Switch back when it is over.';
}

function runView(run: Run, nowMs: number): RunView {
  const { startedMs, endedMs, steps, lastSignMs: _sign, awaySinceMs: _away, mayStop: _may, ...shown } = run;
  return {
    ...shown,
    stopRefused: stopRefused(run),
    switchBackTo: run.kind === 'switchover' && run.state === 'done' ? run.from : null,
    elapsedMs: (endedMs ?? nowMs) - startedMs,
    steps: steps.map((step) => ({
      text: step.text,
      startedMs: step.startedMs - startedMs,
      tookMs: step.endedMs === null ? null : step.endedMs - step.startedMs,
    })),
  };
}
