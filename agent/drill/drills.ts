import { randomUUID } from 'node:crypto';
import { whyEndDrill, whyNotDrill } from '../core/engine/drill.ts';
import { configOf, type EngineState, protectedVm, tokenOf } from '../core/engine/state.ts';
import type { DrillFact, EngineEvent } from '../core/engine/types.ts';
import { pause } from '../hypervisor/libvirtDrill.ts';
import type { Picture } from '../protocol/picture.ts';
import type { DrillReport, DrillStatus, DrillStep } from '../protocol/drill.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { ProtectedVm } from '../protocol/group.ts';
import { notHere } from './diskCopies.ts';
import { Drill, type DrillOutcome, type DrillTools } from './drill.ts';
import { asPicture, storyOf } from './drillStory.ts';
import { DueDrills } from './dueDrills.ts';
import { DrillReports } from './reports.ts';

/** libvirt may come up long after the agent. */
const CLEAR_AGAIN_MS = 10_000;
export interface DrillsOptions extends Omit<DrillTools, 'driller' | 'copyDisks'> {
  readonly driller: DrillTools['driller'] | null;
  readonly copyDisks: (
    from: number,
    vm: string,
    drill: string,
    signal: AbortSignal,
  ) => ReturnType<DrillTools['copyDisks']>;
  readonly hostName: string;
  readonly libDir: string;
  readonly engine: () => EngineState;
  readonly wallMs: () => number;
  readonly tell: (event: EngineEvent) => void;
}

interface Running {
  readonly vm: ProtectedVm;
  readonly uuid: string;
  readonly abort: AbortController;
  readonly atWallMs: number;
  readonly done: Promise<void>;
  step: DrillStep;
  sinceMs: number;
}

/** The drills of this host: one at a time, and none while this host is needed. */
export class Drills {
  readonly #options: DrillsOptions;
  readonly #closed = new AbortController();
  #reports: Promise<DrillReports> | null = null;
  #running: Running | null = null;
  #last: DrillStatus['last'] = null;
  #isClear = false;
  #known: DrillReports | null = null;
  readonly #due = new DueDrills();

  constructor(options: DrillsOptions) {
    this.#options = options;
  }

  /** Ends what an earlier agent of this host has left; goes on until that is done. */
  async clear(): Promise<void> {
    const { driller, store, slot } = this.#options;
    await this.#opened().catch(() => {});
    while (driller !== null && !this.#isClear && !this.#closed.signal.aborted) {
      try {
        await driller.endCopies();
        await driller.endCopying(store.root);
        await store.clear(slot);
        this.#isClear = true;
      } catch (error) {
        // Without a folder on the store there never was a drill.
        if (error instanceof FailureError && error.failure.code === 'drill.no-folder') return;
        await pause(CLEAR_AGAIN_MS, this.#closed.signal);
      }
    }
  }

  /** Memory that is free as soon as it is needed: of the copy that runs. */
  get memoryMiB(): number {
    const isUp = this.#running?.step === 'checking' || this.#running?.step === 'starting';
    return isUp ? (this.#running?.vm.memoryMiB ?? 0) : 0;
  }

  /** Begins a drill. Throws with the reason why not. */
  begin(name: string): { readonly text: string; readonly id: string } {
    const { engine, nowMs, driller, hostName, tell, copyDisks } = this.#options;
    if (driller === null) throw notHere();
    const vm = configOf(engine())?.vms.find((one) => one.name === name || one.vm === name);
    if (vm === undefined) {
      const message = `${name} is not a protected VM of this group.`;
      throw new FailureError({ code: 'vm.not-protected', message, field: 'vm' });
    }
    if (this.#running !== null) throw busy(this.#running.vm.name, hostName);
    const why = whyNotDrill(engine(), vm, nowMs());
    if (why !== null) throw new FailureError(why);
    void this.#options.store.root;
    const holder = tokenOf(engine(), vm)?.value?.holder ?? 0;
    const uuid = randomUUID();
    const abort = new AbortController();
    const onStep = (step: DrillStep): void => {
      if (this.#running?.uuid === uuid) Object.assign(this.#running, { step, sinceMs: nowMs() });
    };
    const tools: DrillTools = {
      ...this.#options,
      driller,
      copyDisks: (id, drill, signal) => copyDisks(holder, id, drill, signal),
    };
    const drill = new Drill(tools, { vm, uuid, signal: abort.signal, onStep });
    const atWallMs = this.#options.wallMs();
    const text = `A drill of ${vm.name} begins on ${hostName}: a throw-away copy is started, without a network. ${vm.name} itself goes on.`;
    tell({ code: 'drill.begun', level: 'info', vm: vm.name, text });
    this.#running = {
      vm,
      uuid,
      abort,
      atWallMs,
      step: 'preparing',
      sinceMs: nowMs(),
      done: Promise.resolve(),
    };
    const done = drill.run().then((outcome) => this.#ended(vm, uuid, atWallMs, outcome));
    this.#running = { ...this.#running, done };
    return { text, id: uuid };
  }

  /** What the readiness goes by; null where there are no drills, and before the reports were read. */
  get facts(): readonly DrillFact[] | null {
    if (this.#known === null || this.#options.driller === null) return null;
    return this.#known
      .all()
      .filter(({ result }) => result !== 'broken-off')
      .map(({ vm, atWallMs, result, because }) => ({
        vm,
        atWallMs,
        isGood: result !== 'failed',
        because: because?.message ?? null,
      }));
  }

  stop(): string {
    if (this.#running === null)
      throw new FailureError({ code: 'drill.none', message: 'No drill is under way here.' });
    const { name } = this.#running.vm;
    this.#break({ code: 'drill.stopped', message: 'It was stopped by hand.' });
    return `The drill of ${name} is broken off.`;
  }

  /** Looks whether this host is needed; called whenever the engine has looked at anything. */
  look(): void {
    const { engine, nowMs } = this.#options;
    if (this.#running === null) return this.#beginDue();
    const isGone = protectedVm(engine(), this.#running.vm.vm) === undefined;
    const why = isGone ? 'the VM is not protected any more' : whyEndDrill(engine(), nowMs());
    if (why !== null) this.#break({ code: 'drill.gave-way', message: `It gave way: ${why}.` });
  }

  #beginDue(): void {
    const { engine, nowMs, wallMs, driller } = this.#options;
    const next =
      this.#known === null || driller === null ? null : this.#due.next(engine(), nowMs(), wallMs());
    if (next === null) return;
    try {
      this.begin(next);
    } catch {
      // The store has no folder: a drill that is begun by hand says so, and the readiness says that none was made.
    }
  }

  /** A host that drills copies no disks for others: on a pair of hosts there is one drill at a time. */
  get isRunning(): boolean {
    return this.#running !== null;
  }

  async show(): Promise<DrillStatus> {
    const running = this.#running;
    const reports = (await this.#opened()).all();
    return {
      isPossible: this.#options.driller !== null,
      running:
        running === null
          ? null
          : {
              vm: running.vm.vm,
              name: running.vm.name,
              step: running.step,
              sinceMs: running.sinceMs,
              id: running.uuid,
            },
      last: this.#last,
      reports: [...reports],
    };
  }

  async picture(name: string): Promise<Picture> {
    const reports = await this.#opened();
    const report = reports.all().find((one) => one.name === name || one.vm === name);
    const picture = report === undefined ? null : await reports.picture(report.vm);
    if (picture !== null) return picture;
    throw new FailureError({
      code: 'drill.no-picture',
      message: `There is no picture of a drill of ${name} here.`,
    });
  }

  /** Ends what runs, and waits for that as long as an agent may take to end. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#break({ code: 'drill.stopped', message: 'The agent of this host ends.' });
    await this.#running?.done;
  }

  #break(failure: Failure): void {
    this.#running?.abort.abort(new FailureError(failure));
  }

  async #ended(
    vm: ProtectedVm,
    id: string,
    atWallMs: number,
    { picture, ...outcome }: DrillOutcome,
  ): Promise<void> {
    const { hostName, engine, tell } = this.#options;
    const kept = asPicture(picture);
    const report: DrillReport = {
      vm: vm.vm,
      name: vm.name,
      host: hostName,
      atWallMs,
      ...outcome,
      checks: [...outcome.checks],
      hasPicture: kept !== null,
    };
    tell(storyOf(report));
    this.#last = { id, report };
    try {
      const reports = await this.#opened();
      const before = reports.all().find((one) => one.vm === vm.vm);
      // One that tells nothing does not take the place of one that does.
      const isNews =
        outcome.result !== 'broken-off' || before === undefined || before.result === 'broken-off';
      const wanted = new Set([vm.vm, ...(configOf(engine())?.vms ?? []).map((one) => one.vm)]);
      if (isNews) await reports.keep(report, kept, wanted);
    } catch (error) {
      const text = `The report of the drill of ${vm.name} could not be kept: ${error instanceof Error ? error.message : 'unknown'}`;
      tell({ code: 'drill.not-kept', level: 'notice', vm: vm.name, text });
    }
    this.#running = null;
  }

  #opened(): Promise<DrillReports> {
    this.#reports ??= DrillReports.open(this.#options.libDir).then((reports) => {
      this.#known = reports;
      return reports;
    });
    return this.#reports;
  }
}

const busy = (vm: string, host: string): FailureError =>
  new FailureError({ code: 'drill.busy', message: `A drill of ${vm} is under way on ${host} already.` });
