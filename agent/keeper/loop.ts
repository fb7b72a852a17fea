import type { KeeperEffect, KeeperInput, KeeperSetup } from '../core/keeper/types.ts';
import { PROFILES } from '../core/timing.ts';
import type { Paths } from '../paths.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { KeeperLine, KeeperRequest, RunFile } from '../protocol/keeperLink.ts';
import type { Timing } from '../protocol/timing.ts';
import { KEEPER_EXIT, type LoopAdapters } from './loopTypes.ts';
import { saveGate, saveRunFile, saveWatchdogUntil } from './runFiles.ts';
import type { VmProcesses } from './vmProcesses.ts';
import type { WatchdogReading } from './watchdog.ts';

/** The id of the request to leave that the shell itself makes when it is told to end. */
const OWN_REQUEST_ID = Number.MAX_SAFE_INTEGER;
const LEAVE_EVERY_MS = 1000;
/** A device that could not be opened is tried again so often, while pets are allowed. */
const REOPEN_EVERY_MS = 900_000;
/** Renewal periods to wait until every other host has read that this watchdog is not armed for a moment. */
const TOLD_PERIODS = 3;
/** Requests that are answered from what runs here. */
const JUDGED_BY_SCAN: ReadonlySet<string> = new Set(['beginStart', 'expectIncoming', 'release']);
/** Longest wait for the last lines to reach the agent and the device. */
const FAREWELL_MS = 1000;

/**
 * Drives the pure machine: gives it ticks, scans and answers, and carries its effects out in order. Everything here
 * returns at once; what may hang is in other processes or behind a deadline.
 */
export class KeeperLoop<State> {
  readonly #paths: Paths;
  readonly #setup: KeeperSetup;
  readonly #adapters: LoopAdapters<State>;
  readonly #inputs: KeeperInput[] = [];
  /** Null until the machine has been started. */
  #now: { readonly state: State } | null = null;
  #busy = false;
  #timing: Timing;
  #tickDueMs = 0;
  #lastTickMs = 0;
  #petUntilMs = 0;
  #tellReopenFrom: number | null = null;
  #reopenAtMs: number | null = null;
  #notOpenSinceMs: number | null = null;
  #leaveAskedMs: number | null = null;
  #ended = false;
  #end: (code: number) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(paths: Paths, setup: KeeperSetup, adapters: LoopAdapters<State>) {
    this.#paths = paths;
    this.#setup = setup;
    this.#adapters = adapters;
    this.#timing = PROFILES[setup.config?.profile ?? 'steady'];
  }

  /** Runs until the machine has left or the watchdog is to be reopened; rejects when it can't go on safely. */
  async run(): Promise<number> {
    const ended = new Promise<number>((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    const now = this.#adapters.clock();
    this.#lastTickMs = now;
    this.#tickDueMs = now;
    this.#guarded(() => {
      this.#now = { state: this.#adapters.machine.start(this.#setup, now) };
    });
    this.#adapters.watchdog.start((reading) => {
      this.#tellWatchdog(reading);
    });
    this.#adapters.processes.onIdentified(() => {
      this.#feedTick();
    });
    this.#tick();
    return await ended;
  }

  /** A start and a release are judged by what runs now, not by a scan up to g old. */
  request(request: KeeperRequest): void {
    if (JUDGED_BY_SCAN.has(request.body.kind)) this.#feedTick();
    this.#feed({ kind: 'request', nowMs: this.#adapters.clock(), request });
    // Only what is seen after the gate was closed counts for a release; a guest that moves live stands still meanwhile.
    if (request.body.kind === 'release') this.#feedTick();
  }

  agent(connected: boolean): void {
    this.#feed({ kind: 'agent', nowMs: this.#adapters.clock(), connected });
  }

  /** The service is to end (host shutdown): asks to leave until nothing that is protected runs here any more. */
  leave(): void {
    this.#leaveAskedMs ??= Number.NEGATIVE_INFINITY;
  }

  #tick(): void {
    if (this.#ended) return;
    const now = this.#adapters.clock();
    const gapMs = Math.round(now - this.#lastTickMs);
    // The machine judges by time, and tells the agent; here it is said even when no agent listens.
    if (gapMs > this.#timing.tickMs) this.#adapters.log('keeper.tick-late', { gapMs });
    this.#lastTickMs = now;
    for (const report of this.#adapters.reports.collect(now)) {
      this.#feed({ kind: 'io', nowMs: now, id: report.id, outcome: report.outcome });
    }
    this.#feedTick();
    this.#askToLeave(now);
    this.#reopenIfDue(now);
    const period = this.#timing.tickMs / 2;
    this.#tickDueMs = Math.max(this.#tickDueMs + period, now);
    setTimeout(
      () => {
        this.#tick();
      },
      Math.max(1, this.#tickDueMs - this.#adapters.clock()),
    );
  }

  #feedTick(): void {
    const scan = this.#scan();
    this.#feed({ kind: 'tick', nowMs: this.#adapters.clock(), scan });
  }

  #scan(): ReturnType<VmProcesses['scan']> {
    try {
      return this.#adapters.processes.scan(this.#adapters.clock());
    } catch (error) {
      this.#adapters.log('keeper.scan-failed', { error: String(error) });
      return null;
    }
  }

  #feed(input: KeeperInput): void {
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#guarded(() => {
      for (let next = this.#inputs.shift(); next !== undefined && !this.#ended; next = this.#inputs.shift()) {
        if (this.#now === null) return;
        const result = this.#adapters.machine.step(this.#now.state, next);
        this.#now = result;
        for (const effect of result.effects) this.#carryOut(effect);
      }
    });
  }

  /** A failed assertion or an effect that must not fail ends this keeper; the next one goes on from the run file. */
  #guarded(work: () => void): void {
    this.#busy = true;
    try {
      work();
    } catch (error) {
      this.#ended = true;
      this.#fail(error);
    } finally {
      this.#busy = false;
    }
  }

  #carryOut(effect: KeeperEffect): void {
    const { clock, lanes, processes, watchdog } = this.#adapters;
    switch (effect.kind) {
      case 'saveRun':
        saveRunFile(this.#paths, withKeeperPid(effect.file));
        this.#noteRenewal(effect.file);
        return;
      case 'gate':
        saveGate(this.#paths, this.#setup.bootId, effect.open);
        return;
      case 'read':
      case 'write':
        lanes[effect.lane].submit(effect, effect.deadlineMs - clock(), (outcome) => {
          this.#feed({ kind: 'io', nowMs: clock(), id: effect.id, outcome });
        });
        return;
      case 'pet':
        this.#notePet(effect.notAfterMs);
        watchdog.pet(effect.notAfterMs);
        return;
      case 'disarmWatchdog':
        this.#finish(KEEPER_EXIT.left);
        return;
      case 'freeze':
        processes.freeze(effect.vms);
        return;
      case 'thaw':
        processes.thaw(effect.vms, () => clock() < effect.notAfterMs);
        return;
      case 'kill':
        processes.kill(effect.vms);
        return;
      case 'send':
        if (!isAnswerToOwn(effect.line)) this.#adapters.send(effect.line);
        return;
      case 'saveConfig':
        this.#adapters.saveConfig(effect.config);
        this.#takeProfile(effect.config);
        return;
    }
  }

  #notePet(notAfterMs: number): void {
    if (notAfterMs === this.#petUntilMs) return;
    this.#petUntilMs = notAfterMs;
    try {
      saveWatchdogUntil(this.#paths, notAfterMs);
    } catch (error) {
      // The older, earlier limit stays: a wrapper that starts anew is then more careful than it must be.
      this.#adapters.log('keeper.watchdog-until-failed', { error: String(error) });
    }
  }

  #tellWatchdog(reading: WatchdogReading): void {
    const now = this.#adapters.clock();
    this.#notOpenSinceMs = reading.state === 'none' ? (this.#notOpenSinceMs ?? now) : null;
    if (this.#tellReopenFrom !== null) return;
    this.#feed({ kind: 'watchdog', nowMs: now, ...reading });
  }

  #takeProfile(config: GroupConfig): void {
    this.#timing = PROFILES[config.profile];
    if (this.#adapters.watchdog.useTimeout(this.#timing.watchdogMs)) return;
    // Nobody may count on this watchdog while it is closed for a moment to get its new timeout.
    const why = 'it is about to get the timeout of the new profile';
    this.#tellWatchdog({ state: 'none', timeoutMs: null, why });
    this.#tellReopenFrom = this.#adapters.clock();
  }

  /** Once a lease record says that the watchdog is not armed, the others get some periods to read it. */
  #noteRenewal(file: RunFile): void {
    if (this.#tellReopenFrom === null || this.#reopenAtMs !== null) return;
    if ((file.lastGoodMs ?? 0) <= this.#tellReopenFrom) return;
    this.#reopenAtMs = this.#adapters.clock() + TOLD_PERIODS * PROFILES.patient.renewEveryMs;
  }

  #reopenIfDue(now: number): void {
    const told = this.#reopenAtMs !== null && now >= this.#reopenAtMs;
    const shut =
      this.#setup.settings.hypervisor !== 'demo' &&
      this.#setup.settings.watchdogDevice !== null &&
      this.#notOpenSinceMs !== null &&
      now - this.#notOpenSinceMs > REOPEN_EVERY_MS;
    if ((told || shut) && now < this.#petUntilMs) this.#finish(KEEPER_EXIT.reopenWatchdog);
  }

  #askToLeave(now: number): void {
    if (this.#leaveAskedMs === null || now - this.#leaveAskedMs < LEAVE_EVERY_MS) return;
    this.#leaveAskedMs = now;
    this.request({ id: OWN_REQUEST_ID, body: { kind: 'leave' } });
  }

  #finish(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const gone = code === KEEPER_EXIT.left ? this.#adapters.watchdog.disarm() : Promise.resolve();
    const timer = setTimeout(() => {
      this.#end(code);
    }, FAREWELL_MS);
    void gone.then(() => {
      clearTimeout(timer);
      this.#end(code);
    });
  }
}

/** A restarted keeper finds the report of a write by the keeper that issued it. */
function withKeeperPid(file: RunFile): RunFile {
  if (file.unreturned.every((write) => write.storeIoPid !== 0)) return file;
  return {
    ...file,
    unreturned: file.unreturned.map((write) =>
      write.storeIoPid === 0 ? { ...write, storeIoPid: process.pid } : write,
    ),
  };
}

function isAnswerToOwn(line: KeeperLine): boolean {
  return (line.kind === 'reply' || line.kind === 'refused') && line.id === OWN_REQUEST_ID;
}
