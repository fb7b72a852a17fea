import { type KeeperState, startKeeper, step } from '../../../agent/core/keeper/step.ts';
import type { KeeperEffect, KeeperInput, Scan } from '../../../agent/core/keeper/types.ts';
import { PROFILES } from '../../../agent/core/timing.ts';
import type { GroupConfig, HostSettings } from '../../../agent/protocol/group.ts';
import type { KeeperLine, KeeperRequest, RunFile } from '../../../agent/protocol/keeperLink.ts';
import type { Guests } from './guests.ts';
import type { Host } from './host.ts';
import { type IoNotes, Lane } from './lane.ts';
import type { StartGate } from './startGate.ts';
import type { Store } from './store.ts';
import type { WatchdogDevice } from './watchdog.ts';

/** From the end of one keeper to the first turn of the next: the wrapper's pause and the start of Node. */
const RESTART_MS = [400, 1600] as const;
const REPORTS_EVERY_MS = 1000;
/** As in agent/keeper/loop.ts. */
const TOLD_PERIODS = 3;
/** A tick comes this late at most on a busy host; real-time scheduling keeps it far below. */
const TICK_JITTER_MS = 4;
const RARE_JITTER_MS = 350;

export interface KeeperEvents {
  readonly line: (line: KeeperLine) => void;
  /** The state after each input that came from it. */
  readonly stepped: (
    before: KeeperState,
    after: KeeperState,
    input: KeeperInput,
    effects: readonly KeeperEffect[],
  ) => void;
  readonly carriedOut: (effect: KeeperEffect) => void;
  readonly started: () => void;
  readonly ended: () => void;
}

export interface KeeperParts {
  readonly host: Host;
  readonly settings: HostSettings;
  readonly store: Store;
  readonly guests: Guests;
  readonly gate: StartGate;
  readonly watchdog: WatchdogDevice | null;
  readonly events: KeeperEvents;
}

/** The keeper's process and its wrapper on one host: the real machine, and a shell in simulated time. */
export class KeeperProcess {
  readonly #parts: KeeperParts;
  readonly notes: IoNotes = new Map();
  state: KeeperState | null = null;
  /** In /run: lost with the boot. */
  runFile: RunFile | null = null;
  /** In /etc: kept over boots. */
  diskConfig: GroupConfig | null;
  version = '1';
  isHung = false;
  /** It left on purpose; the wrapper does not start it again in this boot. */
  hasLeft = false;
  /** World time of the last start, end or hang of the process. */
  disturbedAtMs = Number.NEGATIVE_INFINITY;
  #run = 0;
  #lanes: { readonly lease: Lane; readonly table: Lane };
  #waiting: (() => void)[] = [];
  #queue: KeeperInput[] = [];
  #isBusy = false;
  #effects: KeeperEffect[] = [];
  /** What happens to the process between two of the effects that its next inputs bring. */
  #interruption: { afterEffects: number; readonly act: () => void } | null = null;
  #awaited = new Set<number>();
  #reportsAtMs = 0;
  #reopen: { readonly fromMs: number; atMs: number | null } | null = null;

  constructor(parts: KeeperParts, config: GroupConfig) {
    this.#parts = parts;
    this.diskConfig = config;
    this.#lanes = this.#openLanes();
  }

  get #host(): Host {
    return this.#parts.host;
  }

  /** The host was started; nothing of /run is left. */
  boot(): void {
    this.#forget();
    this.runFile = null;
    this.notes.clear();
    this.hasLeft = false;
    this.start();
  }

  hostLost(): void {
    this.#forget();
    this.#parts.watchdog?.close();
  }

  #forget(): void {
    this.#lanes.lease.close();
    this.#lanes.table.close();
    this.state = null;
    this.isHung = false;
    this.#run += 1;
    this.#waiting = [];
    this.#queue = [];
    this.#effects = [];
    this.#isBusy = false;
    this.#interruption = null;
    this.#reopen = null;
  }

  /** The wrapper opens the watchdog if the right to pet still holds, and starts the keeper. */
  start(): void {
    if (this.state !== null || !this.#host.isUp || this.hasLeft) return;
    this.#run += 1;
    this.disturbedAtMs = this.#host.queue.nowMs;
    const { settings, watchdog } = this.#parts;
    const { nowMs, bootId } = this.#host;
    this.#lanes = this.#openLanes();
    this.#awaited = new Set(this.runFile?.unreturned.map((write) => write.id) ?? []);
    this.#reportsAtMs = nowMs;
    const { runFile, diskConfig, version } = this;
    const setup = { settings, bootId, version, realTime: true, runFile, config: diskConfig };
    this.state = startKeeper(setup, nowMs);
    this.#parts.events.started();
    if (watchdog !== null && !watchdog.isOpen && runFile === null) watchdog.open(this.#watchdogMs());
    this.#tellWatchdog();
    this.#tick(this.#run);
  }

  #watchdogMs(): number {
    return PROFILES[this.diskConfig?.profile ?? 'steady'].watchdogMs;
  }

  #openLanes(): { readonly lease: Lane; readonly table: Lane } {
    const { host, store } = this.#parts;
    return { lease: new Lane(host, store, this.notes), table: new Lane(host, store, this.notes) };
  }

  /** Lets something happen between two effects of what the next inputs make it do; at once without a process. */
  inTheMiddle(act: () => void): void {
    if (this.state === null) act();
    else this.#interruption = { afterEffects: this.#host.random.between(0, 4), act };
  }

  /** SIGKILL. The wrapper starts the next one. */
  kill(): void {
    if (this.state !== null) this.#die();
  }

  killBusyChildren(): number {
    return this.#lanes.lease.killBusyChildren() + this.#lanes.table.killBusyChildren();
  }

  #die(): void {
    this.#forget();
    this.disturbedAtMs = this.#host.queue.nowMs;
    this.#parts.events.ended();
    const run = this.#run;
    const [least, most] = RESTART_MS;
    this.#host.later(this.#host.random.between(least, most), () => {
      if (this.#run === run) this.start();
    });
  }

  /** SIGSTOP, or a page fault that does not end. */
  hang(): void {
    this.isHung = this.state !== null;
    this.disturbedAtMs = this.#host.queue.nowMs;
  }

  goOn(): void {
    if (!this.isHung) return;
    this.isHung = false;
    this.disturbedAtMs = this.#host.queue.nowMs;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) this.#host.later(this.#host.random.next() * 5, act);
  }

  /** Runs in this process now, or when it goes on; never in a later one. */
  #inside(act: () => void, run: number = this.#run): void {
    if (this.#run !== run || this.state === null) return;
    if (this.isHung) this.#waiting.push(() => this.#inside(act, run));
    else act();
  }

  #later(delayMs: number, act: () => void): void {
    const run = this.#run;
    this.#host.later(delayMs, () => this.#inside(act, run));
  }

  #tick(run: number): void {
    if (run !== this.#run || this.state === null) return;
    const { random } = this.#host;
    const late = random.chance(0.005) ? random.next() * RARE_JITTER_MS : random.next() * TICK_JITTER_MS;
    const periodMs = PROFILES[this.diskConfig?.profile ?? 'steady'].tickMs / 2;
    this.#later(periodMs + late, () => this.#tick(run));
    this.#collectReports();
    this.#feedTick();
    this.#reopenIfDue();
  }

  /** What became of an earlier keeper's writes, from the notes of its store-io children. */
  #collectReports(): void {
    const { nowMs } = this.#host;
    if (this.#awaited.size === 0 || nowMs < this.#reportsAtMs) return;
    this.#reportsAtMs = nowMs + REPORTS_EVERY_MS;
    for (const id of [...this.#awaited]) {
      const fate = this.notes.get(id);
      if (fate === null) continue;
      this.#awaited.delete(id);
      this.notes.delete(id);
      this.#feed({ kind: 'io', nowMs, id, outcome: fate ?? { kind: 'failed', error: 'it was never begun' } });
    }
  }

  #feedTick(): void {
    this.#feed({ kind: 'tick', nowMs: this.#host.nowMs, scan: this.#scan() });
  }

  #scan(): Scan | null {
    const { guests, gate, host } = this.#parts;
    const processes = guests.on(host.slot).map((qemu) => ({
      vm: qemu.vm.uuid,
      pid: qemu.pid,
      startTicks: qemu.pid,
      stopped: guests.isStopped(qemu),
    }));
    return { startedAtMs: host.nowMs, processes, hookStarts: gate.starts() };
  }

  /** From the agent. A start and a release are judged by what runs now. */
  request(request: KeeperRequest): void {
    this.#inside(() => {
      if (request.body.kind === 'beginStart' || request.body.kind === 'release') this.#feedTick();
      this.#feed({ kind: 'request', nowMs: this.#host.nowMs, request });
    });
  }

  agent(connected: boolean): void {
    this.#inside(() => this.#feed({ kind: 'agent', nowMs: this.#host.nowMs, connected }));
  }

  #feed(input: KeeperInput): void {
    this.#queue.push(input);
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#work();
  }

  /** Inputs one by one, each with its effects in their order; a process that stops in between goes on there. */
  #work(): void {
    while (this.state !== null) {
      const effect = this.#effects.shift();
      if (effect !== undefined) {
        this.#carryOut(effect);
        if (this.isHung || !this.#host.isWorking) {
          const run = this.#run;
          this.#host.run(() => this.#inside(() => this.#work(), run));
          return;
        }
        continue;
      }
      const input = this.#queue.shift();
      if (input === undefined) break;
      const before = this.state;
      const { state, effects } = step(before, input);
      this.state = state;
      this.#parts.events.stepped(before, state, input, effects);
      if (input.kind === 'io' && input.outcome.kind === 'read')
        this.#parts.store.giveBack(input.outcome.data);
      this.#effects = [...effects];
    }
    this.#isBusy = false;
  }

  #carryOut(effect: KeeperEffect): void {
    if (this.#interruption !== null) {
      this.#interruption.afterEffects -= 1;
      if (this.#interruption.afterEffects < 0) {
        const { act } = this.#interruption;
        this.#interruption = null;
        act();
        if (this.state === null) return;
      }
    }
    if (this.isHung || !this.#host.isWorking) {
      this.#effects.unshift(effect);
      return;
    }
    this.#act(effect);
    this.#parts.events.carriedOut(effect);
  }

  #act(effect: KeeperEffect): void {
    const { guests, gate, host, events } = this.#parts;
    switch (effect.kind) {
      case 'saveRun':
        this.runFile = effect.file;
        this.#noteRenewal(effect.file);
        return;
      case 'gate':
        gate.set(effect.open);
        return;
      case 'read':
      case 'write':
        this.#startIo(effect);
        return;
      case 'pet':
        if (host.nowMs < effect.notAfterMs) this.#parts.watchdog?.pet();
        return;
      case 'disarmWatchdog':
        this.hasLeft = true;
        this.#parts.watchdog?.close();
        this.#forget();
        events.ended();
        return;
      case 'freeze':
      case 'kill':
        for (const qemu of [...guests.on(host.slot)]) {
          if (effect.vms.includes(qemu.vm.uuid)) guests[effect.kind](qemu);
        }
        return;
      case 'thaw':
        for (const qemu of [...guests.on(host.slot)]) {
          if (effect.vms.includes(qemu.vm.uuid) && host.nowMs < effect.notAfterMs) guests.thaw(qemu);
        }
        return;
      case 'saveConfig':
        this.#saveConfig(effect.config);
        return;
      case 'send':
        events.line(effect.line);
        return;
    }
  }

  #startIo(effect: Extract<KeeperEffect, { kind: 'read' | 'write' }>): void {
    const run = this.#run;
    this.#lanes[effect.lane].submit(effect, (outcome) => {
      this.#inside(() => this.#feed({ kind: 'io', nowMs: this.#host.nowMs, id: effect.id, outcome }), run);
    });
  }

  #tellWatchdog(): void {
    const { watchdog } = this.#parts;
    const isArmed = watchdog?.isOpen === true;
    this.#feed({
      kind: 'watchdog',
      nowMs: this.#host.nowMs,
      state: isArmed ? 'armed' : 'none',
      timeoutMs: isArmed ? watchdog.timeoutMs : null,
      why: isArmed ? null : 'no watchdog device is open',
    });
  }

  /** Another W: nobody may count on this watchdog while it is closed for a moment to get its new timeout. */
  #saveConfig(config: GroupConfig): void {
    const before = this.#watchdogMs();
    this.diskConfig = config;
    if (this.#parts.watchdog?.isOpen !== true || this.#watchdogMs() === before) return;
    const { nowMs } = this.#host;
    const why = 'it is about to get the timeout of the new profile';
    this.#reopen = { fromMs: nowMs, atMs: null };
    this.#feed({ kind: 'watchdog', nowMs, state: 'none', timeoutMs: null, why });
  }

  #noteRenewal(file: RunFile): void {
    if (this.#reopen === null || this.#reopen.atMs !== null || (file.lastGoodMs ?? 0) <= this.#reopen.fromMs)
      return;
    this.#reopen.atMs = this.#host.nowMs + TOLD_PERIODS * PROFILES.patient.renewEveryMs;
  }

  /** The keeper ends, the wrapper closes the device, opens it with the new timeout, and starts the next keeper. */
  #reopenIfDue(): void {
    const atMs = this.#reopen?.atMs ?? null;
    const isAlive = this.state?.phase === 'alive';
    if (atMs === null || this.#host.nowMs < atMs || !isAlive) return;
    this.#parts.watchdog?.close();
    this.#die();
    this.#parts.watchdog?.open(this.#watchdogMs());
  }
}
