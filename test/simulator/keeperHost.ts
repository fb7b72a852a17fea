import { type KeeperState, startKeeper, step } from '../../agent/core/keeper/step.ts';
import type { GateEntry, KeeperEffect, KeeperInput } from '../../agent/core/keeper/types.ts';
import type { GroupConfig, HostSettings } from '../../agent/protocol/group.ts';
import type { KeeperLine, KeeperRequestBody, KeeperView, RunFile } from '../../agent/protocol/keeperLink.ts';
import type { StoreOutcome } from './keeperStore.ts';
import { armWatchdog, tellWatchdog, watchWatchdog } from './keeperWatchdog.ts';
import type { KeeperWorld } from './keeperWorld.ts';

const TICK_MS = 200;
/** From power-on to the keeper's start, and how long of that the kernel's clock has run. */
const BOOT_MS = [2500, 30_000] as const;
const UPTIME_MS = [200, 2000] as const;
const KEEPER_RESTART_MS = 1500;

/** One host: the real keeper's step functions, and a shell that carries its effects out in simulated time. */
export class SimHost {
  readonly slot: number;
  readonly world: KeeperWorld;
  readonly settings: HostSettings;
  up = false;
  frozen = false;
  boot = 0;
  bootedAtMs = 0;
  /** Clock rate as a factor of the world's. */
  rate = 1;
  resets = 0;
  state: KeeperState | null = null;
  runFile: RunFile | null = null;
  diskConfig: GroupConfig | null;
  gate: readonly GateEntry[] = [];
  hookStarts = new Map<string, number>();
  view: KeeperView | null = null;
  lastPetMs: number | null = null;
  watchdogFails = false;
  watchdogMs: number;
  keeperRun = 0;
  private thawQueue: (() => void)[] = [];
  private nextRequest = 1;
  private replies = new Map<number, (line: Extract<KeeperLine, { kind: 'reply' | 'refused' }>) => void>();

  constructor(world: KeeperWorld, settings: HostSettings, config: GroupConfig) {
    this.world = world;
    this.settings = settings;
    this.slot = settings.slot;
    this.diskConfig = config;
    this.watchdogMs = world.timing.watchdogMs;
  }

  /** This host's boot-time clock. */
  get nowMs(): number {
    return (this.world.queue.nowMs - this.bootedAtMs) * this.rate;
  }

  get bootId(): string {
    return `00000000-0000-4000-8000-${`${this.slot}${`${this.boot}`.padStart(6, '0')}`.padStart(12, '0')}`;
  }

  powerOn(): void {
    const boot = this.boot;
    this.world.queue.after(this.world.random.between(...BOOT_MS), () => {
      if (!this.up && this.boot === boot) {
        this.up = true;
        this.boot += 1;
        this.frozen = false;
        this.bootedAtMs = this.world.queue.nowMs - this.world.random.between(...UPTIME_MS);
        this.lastPetMs = this.nowMs;
        this.startKeeper();
        this.world.agents[this.slot]?.restart();
        watchWatchdog(this, this.boot);
      }
    });
  }

  powerOff(): void {
    if (!this.up) {
      return;
    }
    this.up = false;
    this.state = null;
    this.runFile = null;
    this.view = null;
    this.gate = [];
    this.hookStarts.clear();
    this.thawQueue = [];
    this.keeperRun += 1;
    this.world.guests.hostGone(this.slot);
    this.world.store.hostReset(this.slot, this.world.landWithinMs);
  }

  reset(why: string): void {
    this.world.note(`host ${this.slot} reset: ${why}`);
    this.resets += 1;
    this.powerOff();
    this.powerOn();
  }

  freeze(): void {
    this.frozen = this.up;
  }

  thaw(): void {
    this.frozen = false;
    const waiting = this.thawQueue;
    this.thawQueue = [];
    for (const run of waiting) {
      this.world.queue.after(this.world.random.between(0, 5), run);
    }
  }

  /** Runs something on this host now, or when it is thawed. */
  onHost(run: () => void): void {
    const boot = this.boot;
    const guarded = () => {
      if (!this.up || this.boot !== boot) {
        return;
      }
      if (this.frozen) {
        this.thawQueue.push(guarded);
        return;
      }
      run();
    };
    guarded();
  }

  later(delayMs: number, run: () => void): void {
    this.world.queue.after(delayMs / this.rate, () => this.onHost(run));
  }

  killKeeper(): void {
    if (this.state !== null) {
      this.state = null;
      this.keeperRun += 1;
      this.later(KEEPER_RESTART_MS, () => this.startKeeper());
    }
  }

  private startKeeper(): void {
    if (this.state !== null) {
      return;
    }
    this.keeperRun += 1;
    const run = this.keeperRun;
    const { settings, bootId, runFile, diskConfig } = this;
    const setup = { settings, bootId, version: 'simulated', realTime: true, runFile, config: diskConfig };
    this.state = startKeeper(setup, this.nowMs);
    tellWatchdog(this);
    this.input({ kind: 'agent', nowMs: this.nowMs, connected: true });
    this.tick(run);
  }

  private tick(run: number): void {
    if (run !== this.keeperRun || this.state === null) {
      return;
    }
    this.later(TICK_MS, () => this.tick(run));
    const processes = this.world.guests.on(this.slot).map((guest) => ({
      vm: guest.vm,
      pid: guest.pid,
      startTicks: guest.pid,
      stopped: guest.frozen && !guest.writing,
    }));
    const scan = { startedAtMs: this.nowMs, processes, hookStarts: [...this.hookStarts.keys()] };
    this.input({ kind: 'tick', nowMs: this.nowMs, scan });
  }

  input(input: KeeperInput): void {
    if (this.state === null) {
      return;
    }
    const { state, effects } = step(this.state, input);
    this.state = state;
    for (const effect of effects) {
      this.carryOut(effect);
    }
    this.world.checkRights();
  }

  private carryOut(effect: KeeperEffect): void {
    const guests = this.world.guests.on(this.slot);
    switch (effect.kind) {
      case 'saveRun':
        this.runFile = structuredClone(effect.file);
        return;
      case 'gate':
        this.gate = effect.open;
        return;
      case 'read':
      case 'write':
        this.startIo(effect);
        return;
      case 'pet':
        if (this.nowMs < effect.notAfterMs) {
          this.lastPetMs = this.nowMs;
          armWatchdog(this);
        }
        return;
      case 'disarmWatchdog':
        this.lastPetMs = Number.POSITIVE_INFINITY;
        return;
      case 'freeze':
        for (const guest of guests.filter((one) => effect.vms.includes(one.vm))) {
          guest.frozen = true;
        }
        return;
      case 'thaw':
        for (const guest of guests.filter(
          (one) => effect.vms.includes(one.vm) && this.nowMs < effect.notAfterMs,
        )) {
          this.world.guests.thaw(guest);
        }
        return;
      case 'kill':
        for (const guest of guests.filter((one) => effect.vms.includes(one.vm))) {
          this.world.guests.kill(guest);
        }
        return;
      case 'saveConfig':
        this.diskConfig = effect.config;
        return;
      case 'send':
        this.onLine(effect.line);
        return;
    }
  }

  private startIo(effect: Extract<KeeperEffect, { kind: 'read' | 'write' }>): void {
    const run = this.keeperRun;
    let returned = false;
    const done = (outcome: StoreOutcome) => {
      this.onHost(() => {
        returned = true;
        if (run === this.keeperRun) {
          this.input({ kind: 'io', nowMs: this.nowMs, id: effect.id, outcome });
        } else if (effect.kind === 'write') {
          this.reportLater(effect.id, outcome);
        }
      });
    };
    if (effect.kind === 'read') {
      this.world.store.read(this.slot, effect.block, effect.blocks, done);
    } else {
      this.world.store.write(this.slot, effect.block, effect.data, done);
    }
    this.later(effect.deadlineMs - this.nowMs, () => {
      if (!returned && run === this.keeperRun) {
        this.input({ kind: 'io', nowMs: this.nowMs, id: effect.id, outcome: { kind: 'late' } });
      }
    });
  }

  /** The outcome of an earlier keeper's write is reported to its successor, as store-io's files in /run do. */
  private reportLater(id: number, outcome: StoreOutcome): void {
    if (this.state === null) {
      this.later(TICK_MS, () => this.reportLater(id, outcome));
    } else {
      this.input({ kind: 'io', nowMs: this.nowMs, id, outcome });
    }
  }

  private onLine(line: KeeperLine): void {
    switch (line.kind) {
      case 'reply':
      case 'refused': {
        const then = this.replies.get(line.id);
        this.replies.delete(line.id);
        if (then !== undefined) {
          this.later(1, () => then(line));
        }
        return;
      }
      case 'view':
        this.view = line.view;
        this.later(1, () => this.world.agents[this.slot]?.onView(line.view));
        return;
      case 'toPeer':
        this.world.deliver(this.slot, line.to, line.message);
        return;
      case 'event':
        this.world.note(`host ${this.slot} ${line.code} ${JSON.stringify(line.facts)}`);
        return;
    }
  }

  /** What the agent asks its keeper; `then` hears nothing if the keeper dies first. */
  ask(
    body: KeeperRequestBody,
    then: (line: Extract<KeeperLine, { kind: 'reply' | 'refused' }>) => void,
  ): void {
    const id = this.nextRequest;
    this.nextRequest += 1;
    this.replies.set(id, then);
    this.input({ kind: 'request', nowMs: this.nowMs, request: { id, body } });
  }
}
