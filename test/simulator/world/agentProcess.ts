import { createEngine, type EngineState } from '../../../agent/core/engine/state.ts';
import { step } from '../../../agent/core/engine/step.ts';
import type {
  AdminCommand,
  CommandReply,
  EngineEffect,
  EngineEvent,
  EngineInput,
  EngineMemory,
  HypervisorAction,
  OperationOutcome,
} from '../../../agent/core/engine/types.ts';
import type { PeerFact } from '../../../agent/core/engine/peerFact.ts';
import type { HypervisorReport } from '../../../agent/hypervisor/hypervisor.ts';
import type { KeeperLine, KeeperNetMessage, KeeperRequestBody } from '../../../agent/protocol/keeperLink.ts';
import type { Answer } from './daemon.ts';
import type { Definitions } from './definitions.ts';
import { MEMORY_MIB } from './describeVm.ts';
import type { Host } from './host.ts';
import { KeeperLink, type KeeperLinkEvents } from './keeperLink.ts';
import type { KeeperProcess } from './keeperProcess.ts';
import type { Libvirtd } from './libvirtd.ts';
import { Process } from './process.ts';
import { SIGNS_EVERY_MS, signLook, UPLINKS_EVERY_MS, uplinkLook } from './trouble.ts';

/** As in agent/service/agent.ts, and the feed of node-libvirt. */
const TICK_MS = 250;
const IDLE_TICK_MS = 1000;
const PEERS_EVERY_MS = 1000;
const HOST_EVERY_MS = 10_000;
const RELIST_EVERY_MS = 30_000;
const FIRST_RETRY_MS = 250;
const LIBVIRT_RETRY_MS = 5000;
const FROM_PEER_DEADLINE_MS = 1000;
export const AGENT_START_MS = 1000;

type Timeless<Input> = Input extends { readonly nowMs: number } ? Omit<Input, 'nowMs'> : Input;
type ShellInput = Timeless<EngineInput>;

export interface AgentEvents extends Pick<KeeperLinkEvents, 'toPeer' | 'granted'> {
  readonly told: (event: EngineEvent) => void;
  readonly stepped: (
    before: EngineState,
    after: EngineState,
    input: EngineInput,
    effects: readonly EngineEffect[],
  ) => void;
  readonly peers: () => readonly PeerFact[];
  readonly migrate: (action: Extract<HypervisorAction, { kind: 'migrate' }>, answer: Answer) => void;
  readonly cancelMigration: (vm: string) => void;
}

export interface AgentParts {
  readonly host: Host;
  readonly keeper: KeeperProcess;
  readonly libvirtd: Libvirtd;
  readonly definitions: Definitions;
  readonly events: AgentEvents;
}

/** The agent's process on one host: the real engine, and its shell in simulated time. */
export class AgentProcess {
  readonly #parts: AgentParts;
  readonly process: Process;
  engine: EngineState | null = null;
  version = '1';
  /** In /run: lost with the boot. */
  memory: EngineMemory | null = null;
  readonly #link: KeeperLink;
  #waiting: ShellInput[] = [];
  #isStepping = false;
  #lastInputMs = 0;
  readonly #commands = new Map<number, (reply: CommandReply) => void>();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.process = new Process(parts.host, true);
    const { toPeer, granted } = parts.events;
    this.#link = new KeeperLink(parts.host, this.process, parts.keeper, {
      lost: () => this.#feed({ kind: 'keeperLost' }),
      view: (view) => this.#feed({ kind: 'view', view }),
      toPeer,
      granted,
    });
  }

  get isRunning(): boolean {
    return this.engine !== null;
  }

  /** Also of an agent that is away: it would go on from what it has written down. */
  get goingDown(): NonNullable<EngineState['goingDown']>['reason'] | null {
    const known = this.engine === null ? this.memory?.goingDown : this.engine.goingDown;
    return known?.reason ?? null;
  }

  hostLost(): void {
    this.#link.forget();
    this.#forget();
    this.memory = null;
  }

  #forget(): void {
    this.process.end();
    this.engine = null;
    this.#waiting = [];
    this.#isStepping = false;
    this.#commands.clear();
  }

  /** Also when it is only on its way up. */
  stop(): void {
    this.#link.close();
    this.#parts.libvirtd.disconnect();
    this.#forget();
  }

  start(afterMs: number): void {
    if (this.engine !== null) return;
    this.process.end();
    const { run } = this.process;
    this.#parts.host.later(afterMs, () => {
      if (this.process.run === run) this.#begin();
    });
  }

  #begin(): void {
    const { host, definitions, events, libvirtd } = this.#parts;
    const { process } = this;
    process.begin();
    this.engine = createEngine({
      slot: host.slot,
      hostName: host.name,
      needsRealTime: true,
      memory: this.memory,
      definitions: definitions.facts(host.slot),
    });
    this.#lastInputMs = host.nowMs;
    this.#link.connect(this.version);
    this.#connectLibvirt(FIRST_RETRY_MS);
    this.#lookAtHost();
    process.every(TICK_MS, () => this.#tick());
    process.every(PEERS_EVERY_MS, () => this.#feed({ kind: 'peers', peers: events.peers() }));
    process.every(HOST_EVERY_MS, () => this.#lookAtHost());
    process.every(RELIST_EVERY_MS, () => libvirtd.list());
    if (host.hardware !== null) process.every(SIGNS_EVERY_MS, () => this.#feed(signLook(host)));
    if (host.uplink !== null)
      process.every(UPLINKS_EVERY_MS, () => this.#feed(uplinkLook(host, this.engine)));
  }

  #tick(): void {
    const { engine } = this;
    if (engine === null) return;
    let isIdle = engine.admin === null;
    for (const vm of engine.vms.values()) isIdle &&= vm.activity === null;
    if (isIdle && this.#parts.host.nowMs - this.#lastInputMs < IDLE_TICK_MS) return;
    this.#feed({ kind: 'tick' });
  }

  #lookAtHost(): void {
    const host = {
      totalMiB: 64 * MEMORY_MIB,
      freeMiB: 48 * MEMORY_MIB,
      hasHook: true,
      unusableLinks: [],
      networkGaps: [],
    };
    this.#feed({ kind: 'host', host });
    const { wallMs } = this.#parts.host;
    this.#feed({ kind: 'wallClock', wallMs });
  }

  keeperEnded(): void {
    this.#link.keeperEnded(this.version);
  }

  keeperLine(line: KeeperLine): void {
    this.#link.line(line, this.version);
  }

  /** From another host's keeper, through its agent. */
  fromPeer(from: number, message: KeeperNetMessage): void {
    this.process.inside(() => {
      this.ask({ kind: 'fromPeer', from, message }, FROM_PEER_DEADLINE_MS, () => undefined);
    });
  }

  ask(body: KeeperRequestBody, deadlineMs: number, answer: Answer): void {
    this.#link.ask(body, deadlineMs, answer);
  }

  #connectLibvirt(retryMs: number): void {
    const { run } = this.process;
    const listener = (report: HypervisorReport): void => {
      const lost = (error: string): void => this.#lostLibvirt(error, FIRST_RETRY_MS);
      if (this.process.run !== run) return;
      if (report.kind === 'lost') this.process.later(1, () => lost(report.error));
      else this.process.later(0.5, () => this.#hear(report));
    };
    if (!this.#parts.libvirtd.connect(listener)) this.#lostLibvirt('nobody listens on the socket', retryMs);
  }

  #lostLibvirt(error: string, retryMs: number): void {
    this.#feed({ kind: 'hypervisorLost', error });
    this.process.later(retryMs, () => this.#connectLibvirt(Math.min(retryMs * 2, LIBVIRT_RETRY_MS)));
  }

  #hear(report: Exclude<HypervisorReport, { kind: 'lost' }>): void {
    switch (report.kind) {
      case 'domains':
        this.#feed({ kind: 'hypervisor', version: report.version, domains: report.domains });
        return;
      case 'domain':
        this.#feed({ kind: 'domain', fact: report.fact, happening: report.happening });
        return;
      case 'gone':
        this.#feed({ kind: 'domainGone', vm: report.vm });
        return;
    }
  }

  command(id: number, command: AdminCommand, answer: (reply: CommandReply) => void): void {
    this.process.inside(() => {
      this.#commands.set(id, answer);
      this.#feed({ kind: 'command', id, command });
    });
  }

  #feed(input: ShellInput): void {
    this.#waiting.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.engine === null) break;
      this.#lastInputMs = this.#parts.host.nowMs;
      const stamped = { ...next, nowMs: this.#lastInputMs };
      const before = this.engine;
      const { state, effects } = step(before, stamped);
      this.engine = state;
      this.#parts.events.stepped(before, state, stamped, effects);
      for (const effect of effects) this.#carryOut(effect);
    }
    this.#isStepping = false;
  }

  #carryOut(effect: EngineEffect): void {
    const { events, libvirtd, definitions, host } = this.#parts;
    switch (effect.kind) {
      case 'keeper':
        this.ask(effect.body, effect.deadlineMs, (outcome) => this.#result(effect.operation, outcome));
        return;
      case 'hypervisor':
        if (effect.action.kind === 'migrate') {
          events.migrate(effect.action, this.#answerTo(effect.operation));
          return;
        }
        if (effect.action.kind === 'cancelMigration') {
          events.cancelMigration(effect.action.vm);
          return;
        }
        libvirtd.perform(effect.action, effect.deadlineMs, this.#answerTo(effect.operation));
        return;
      case 'probe':
        libvirtd.probe(effect.vm, effect.probe, effect.deadlineMs, this.#answerTo(effect.operation));
        return;
      case 'definition':
        definitions.perform(host, libvirtd, effect.action, this.#answerTo(effect.operation));
        return;
      case 'announce':
        // The world has no switches.
        return;
      case 'event':
        events.told(effect.event);
        return;
      case 'remember':
        this.memory = effect.memory;
        return;
      case 'reply': {
        const answer = this.#commands.get(effect.id);
        this.#commands.delete(effect.id);
        answer?.(effect.reply);
        return;
      }
    }
  }

  #answerTo(operation: number): Answer {
    const { run } = this.process;
    return (outcome) => this.process.inside(() => this.#result(operation, outcome), run);
  }

  #result(operation: number, outcome: OperationOutcome): void {
    this.#feed({ kind: 'result', operation, outcome });
  }
}
