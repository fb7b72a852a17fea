import { type KeeperState, startKeeper, step } from '../../../agent/core/keeper/step.ts';
import type { KeeperEffect, KeeperInput } from '../../../agent/core/keeper/types.ts';
import { PROFILES } from '../../../agent/core/timing.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { KeeperRequest, RunFile } from '../../../agent/protocol/keeperLink.ts';
import type { Host } from './host.ts';
import type { KeeperParts } from './keeperParts.ts';
import { type IoNotes, Lane } from './lane.ts';
import { Process } from './process.ts';
import { Reports } from './reports.ts';
import { Rewatch, watchdogMsOf } from './rewatch.ts';
import { actOnVms, scanHost } from './vmProcesses.ts';

/** From the end of one keeper to the first turn of the next: the wrapper's pause and the start of Node. */
const RESTART_MS = [400, 1600] as const;
/** A tick comes this late at most on a busy host; real-time scheduling keeps it far below. */
const TICK_JITTER_MS = 4;
const RARE_JITTER_MS = 350;
const NO_SCAN = 0.005;

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
  readonly process: Process;
  /** It left on purpose; the wrapper does not start it again in this boot. */
  hasLeft = false;
  #lanes: { readonly lease: Lane; readonly table: Lane };
  #queue: KeeperInput[] = [];
  #isBusy = false;
  #effects: KeeperEffect[] = [];
  /** What happens to the process between two of the effects that its next inputs bring. */
  #interruption: { afterEffects: number; readonly act: () => void } | null = null;
  #reports = new Reports(this.notes, null, 0);
  readonly #rewatch = new Rewatch();

  constructor(parts: KeeperParts, config: GroupConfig) {
    this.#parts = parts;
    this.diskConfig = config;
    this.process = new Process(parts.host, false);
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
    this.process.end();
    this.#queue = [];
    this.#effects = [];
    this.#isBusy = false;
    this.#interruption = null;
    this.#rewatch.end();
  }

  /** The wrapper opens the watchdog if the right to pet still holds, and starts the keeper. */
  start(): void {
    if (this.state !== null || !this.#host.isUp || this.hasLeft) return;
    this.process.begin();
    const { settings, watchdog } = this.#parts;
    const { nowMs, bootId } = this.#host;
    this.#lanes = this.#openLanes();
    this.#reports = new Reports(this.notes, this.runFile, nowMs);
    const { runFile, diskConfig, version } = this;
    const setup = { settings, bootId, version, realTime: true, runFile, config: diskConfig };
    this.state = startKeeper(setup, nowMs);
    if (watchdog !== null && !watchdog.isOpen && runFile === null) watchdog.open(watchdogMsOf(diskConfig));
    this.#tellWatchdog();
    this.#tick();
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
    this.#parts.events.ended();
    const { run } = this.process;
    const [least, most] = RESTART_MS;
    this.#host.later(this.#host.random.between(least, most), () => {
      if (this.process.run === run) this.start();
    });
  }

  #tick(): void {
    const { random } = this.#host;
    const late = random.chance(0.005) ? random.next() * RARE_JITTER_MS : random.next() * TICK_JITTER_MS;
    const periodMs = PROFILES[this.diskConfig?.profile ?? 'steady'].tickMs / 2;
    this.process.later(periodMs + late, () => this.#tick());
    this.#reports.collect(this.#host.nowMs, (id, outcome) => {
      this.#feed({ kind: 'io', nowMs: this.#host.nowMs, id, outcome });
    });
    this.#feedTick();
    if (this.#rewatch.isDue(this.#host.nowMs) && this.state?.phase === 'alive') this.#reopenWatchdog();
  }

  #feedTick(): void {
    const { host, guests, gate } = this.#parts;
    // While a process is not identified yet, a scan says nothing.
    const scan = host.random.chance(NO_SCAN) ? null : scanHost(host, guests, gate);
    this.#feed({ kind: 'tick', nowMs: host.nowMs, scan });
  }

  /** From the agent. A start and a release are judged by what runs now. */
  request(request: KeeperRequest): void {
    this.process.inside(() => {
      if (request.body.kind === 'beginStart' || request.body.kind === 'release') this.#feedTick();
      this.#feed({ kind: 'request', nowMs: this.#host.nowMs, request });
    });
  }

  agent(connected: boolean): void {
    this.process.inside(() => this.#feed({ kind: 'agent', nowMs: this.#host.nowMs, connected }));
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
        if (this.process.isHung || !this.#host.isWorking) {
          const { run } = this.process;
          this.#host.run(() => this.process.inside(() => this.#work(), run));
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
    if (this.process.isHung || !this.#host.isWorking) {
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
        this.#rewatch.noteRenewal(effect.file, host.nowMs);
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
      case 'thaw':
      case 'kill':
        actOnVms(host, guests, effect);
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
    const { run } = this.process;
    this.#lanes[effect.lane].submit(effect, (outcome) => {
      this.process.inside(
        () => this.#feed({ kind: 'io', nowMs: this.#host.nowMs, id: effect.id, outcome }),
        run,
      );
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
    const before = watchdogMsOf(this.diskConfig);
    this.diskConfig = config;
    if (this.#parts.watchdog?.isOpen !== true || watchdogMsOf(config) === before) return;
    const { nowMs } = this.#host;
    this.#rewatch.begin(nowMs);
    const why = 'it is about to get the timeout of the new profile';
    this.#feed({ kind: 'watchdog', nowMs, state: 'none', timeoutMs: null, why });
  }

  /** The keeper ends, the wrapper closes the device and opens it with the new timeout, and starts the next keeper. */
  #reopenWatchdog(): void {
    this.#parts.watchdog?.close();
    this.#die();
    this.#parts.watchdog?.open(watchdogMsOf(this.diskConfig));
  }
}
