import { createEngine, type EngineState } from '../../../agent/core/engine/state.ts';
import { step } from '../../../agent/core/engine/step.ts';
import type {
  AdminCommand,
  CommandReply,
  EngineEffect,
  EngineEvent,
  EngineInput,
  EngineMemory,
  OperationOutcome,
  PeerFact,
} from '../../../agent/core/engine/types.ts';
import type { HypervisorReport } from '../../../agent/hypervisor/hypervisor.ts';
import type { KeeperLine, KeeperNetMessage, KeeperRequestBody } from '../../../agent/protocol/keeperLink.ts';
import { done, failure } from './daemon.ts';
import type { Definitions } from './definitions.ts';
import { MEMORY_MIB } from './describeVm.ts';
import type { Host } from './host.ts';
import type { KeeperProcess } from './keeperProcess.ts';
import type { Libvirtd } from './libvirtd.ts';

/** As in agent/service: agent.ts, keeperLink.ts, and the feed of node-libvirt. */
const TICK_MS = 250;
const IDLE_TICK_MS = 1000;
const PEERS_EVERY_MS = 1000;
const HOST_EVERY_MS = 10_000;
const RELIST_EVERY_MS = 30_000;
const FIRST_RETRY_MS = 250;
const KEEPER_RETRY_MS = 2000;
const LIBVIRT_RETRY_MS = 5000;
const FROM_PEER_DEADLINE_MS = 1000;
/** A keeper disconnects an agent that leaves so many lines unread: 2 MiB of them (agent/keeper/agentSocket.ts). */
const MAX_UNREAD = 400;
export const AGENT_START_MS = 1000;

type Timeless<Input> = Input extends { readonly nowMs: number } ? Omit<Input, 'nowMs'> : Input;
type ShellInput = Timeless<EngineInput>;

export interface AgentEvents {
  readonly told: (event: EngineEvent) => void;
  readonly stepped: (
    before: EngineState,
    after: EngineState,
    input: EngineInput,
    effects: readonly EngineEffect[],
  ) => void;
  readonly toPeer: (to: number, message: KeeperNetMessage) => void;
  readonly peers: () => readonly PeerFact[];
  readonly granted: (body: KeeperRequestBody, generation: number | null) => void;
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
  engine: EngineState | null = null;
  version = '1';
  isHung = false;
  /** In /run: lost with the boot. */
  memory: EngineMemory | null = null;
  disturbedAtMs = Number.NEGATIVE_INFINITY;
  #run = 0;
  #inbox: (() => void)[] = [];
  #waiting: ShellInput[] = [];
  #isStepping = false;
  #lastInputMs = 0;
  #hasKeeper = false;
  /** Counts the connections to keepers: what was sent on one is not heard on the next. */
  #link = 0;
  #nextRequest = 1;
  readonly #requests = new Map<
    number,
    { readonly body: KeeperRequestBody; readonly answer: (outcome: OperationOutcome) => void }
  >();
  readonly #commands = new Map<number, (reply: CommandReply) => void>();

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.engine !== null;
  }

  /** It runs and can react now. */
  get isListening(): boolean {
    return this.engine !== null && !this.isHung && this.#parts.host.isWorking;
  }

  hostLost(): void {
    this.#forget();
    this.memory = null;
  }

  #forget(): void {
    this.#run += 1;
    this.engine = null;
    this.isHung = false;
    this.#inbox = [];
    this.#waiting = [];
    this.#isStepping = false;
    this.#hasKeeper = false;
    this.#requests.clear();
    this.#commands.clear();
  }

  stop(): void {
    if (this.engine === null) {
      // It is on its way up: not any more.
      this.#run += 1;
      return;
    }
    const { host, keeper, libvirtd } = this.#parts;
    const hadKeeper = this.#hasKeeper;
    this.disturbedAtMs = host.queue.nowMs;
    this.#forget();
    libvirtd.disconnect();
    if (hadKeeper) host.later(1, () => keeper.agent(false));
  }

  start(afterMs: number): void {
    if (this.engine !== null) return;
    this.#run += 1;
    const run = this.#run;
    const { host } = this.#parts;
    this.disturbedAtMs = host.queue.nowMs;
    host.later(afterMs, () => {
      if (this.#run === run && this.engine === null) this.#begin();
    });
  }

  #begin(): void {
    const { host, definitions } = this.#parts;
    this.engine = createEngine({
      slot: host.slot,
      hostName: host.name,
      needsRealTime: true,
      memory: this.memory,
      definitions: definitions.facts(host.slot),
    });
    this.#lastInputMs = host.nowMs;
    this.#connectKeeper(FIRST_RETRY_MS);
    this.#connectLibvirt(FIRST_RETRY_MS);
    this.#lookAtHost();
    this.#every(TICK_MS, () => this.#tick());
    this.#every(PEERS_EVERY_MS, () => this.#feed({ kind: 'peers', peers: this.#parts.events.peers() }));
    this.#every(HOST_EVERY_MS, () => this.#lookAtHost());
    this.#every(RELIST_EVERY_MS, () => this.#parts.libvirtd.list());
  }

  /** SIGSTOP: what comes in waits in its sockets. */
  hang(): void {
    this.isHung = this.engine !== null;
    this.disturbedAtMs = this.#parts.host.queue.nowMs;
  }

  goOn(): void {
    if (!this.isHung) return;
    this.isHung = false;
    this.disturbedAtMs = this.#parts.host.queue.nowMs;
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const act of inbox) act();
  }

  /** Runs in this process now, or when it goes on; never in a later one. */
  #inside(act: () => void, run: number = this.#run): void {
    if (this.#run !== run || this.engine === null) return;
    if (this.isHung) this.#inbox.push(() => this.#inside(act, run));
    else act();
  }

  #later(delayMs: number, act: () => void): void {
    const run = this.#run;
    this.#parts.host.later(delayMs, () => this.#inside(act, run));
  }

  /** A timer of Node: after a stop it fires once, not for each time that was missed. */
  #every(periodMs: number, act: () => void): void {
    const run = this.#run;
    const again = (): void => {
      if (this.#run !== run) return;
      act();
      this.#parts.host.later(periodMs, () => this.#inside(again, run));
    };
    this.#parts.host.later(this.#parts.host.random.next() * periodMs, () => this.#inside(again, run));
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
    const host = { totalMiB: 64 * MEMORY_MIB, freeMiB: 48 * MEMORY_MIB, hasHook: true, unusableLinks: [] };
    this.#feed({ kind: 'host', host });
    const { wallMs } = this.#parts.host;
    this.#feed({ kind: 'wallClock', wallMs });
  }

  #connectKeeper(retryMs: number): void {
    const { keeper } = this.#parts;
    if (keeper.state === null || keeper.isHung) {
      this.#feed({ kind: 'keeperLost' });
      const nextMs = Math.min(retryMs * 2, KEEPER_RETRY_MS);
      this.#later(retryMs, () => this.#connectKeeper(nextMs));
      return;
    }
    this.#hasKeeper = true;
    this.#link += 1;
    keeper.agent(true);
    this.ask({ kind: 'hello', agentVersion: this.version }, KEEPER_RETRY_MS, () => undefined);
  }

  /** The keeper's process has ended: the link breaks, what was asked is not answered. */
  keeperEnded(): void {
    this.#inside(() => {
      if (!this.#hasKeeper) return;
      this.#hasKeeper = false;
      const open = [...this.#requests.values()];
      this.#requests.clear();
      for (const { answer } of open) answer(failure('keeper.gone', 'The keeper went away.', false));
      this.#connectKeeper(FIRST_RETRY_MS);
    });
  }

  /** A line from the keeper, through the socket. */
  keeperLine(line: KeeperLine): void {
    if (!this.#hasKeeper) return;
    if (this.#inbox.length > MAX_UNREAD) {
      this.#hasKeeper = false;
      this.#parts.keeper.agent(false);
      this.#inbox = [() => this.#inside(() => this.#connectKeeper(FIRST_RETRY_MS))];
      return;
    }
    this.#later(0.2, () => this.#take(line));
  }

  #take(line: KeeperLine): void {
    switch (line.kind) {
      case 'view':
        this.#feed({ kind: 'view', view: line.view });
        return;
      case 'reply':
      case 'refused': {
        const asked = this.#requests.get(line.id);
        this.#requests.delete(line.id);
        if (asked === undefined) return;
        if (line.kind === 'refused') {
          asked.answer({ kind: 'failed', failure: line.failure, certain: true });
          return;
        }
        this.#parts.events.granted(asked.body, line.generation);
        const { generation } = line;
        asked.answer(
          generation === null ? done : { kind: 'done', value: { kind: 'generation', generation } },
        );
        return;
      }
      case 'toPeer':
        this.#parts.events.toPeer(line.to, line.message);
        return;
      case 'event':
        return;
    }
  }

  /** From another host's keeper, through its agent. */
  fromPeer(from: number, message: KeeperNetMessage): void {
    this.#inside(() => {
      this.ask({ kind: 'fromPeer', from, message }, FROM_PEER_DEADLINE_MS, () => undefined);
    });
  }

  ask(body: KeeperRequestBody, deadlineMs: number, answer: (outcome: OperationOutcome) => void): void {
    if (!this.#hasKeeper) {
      this.#later(0, () => answer(failure('keeper.gone', 'The keeper does not answer.', true)));
      return;
    }
    const id = this.#nextRequest;
    this.#nextRequest += 1;
    this.#requests.set(id, { body, answer });
    if (body.kind !== 'fromPeer') {
      this.#later(deadlineMs, () => {
        if (this.#requests.delete(id))
          answer(failure('keeper.no-answer', 'The keeper did not answer in time.', false));
      });
    }
    const { host, keeper } = this.#parts;
    const link = this.#link;
    host.later(0.2, () => {
      if (this.#hasKeeper && this.#link === link) keeper.request({ id, body });
    });
  }

  #connectLibvirt(retryMs: number): void {
    const run = this.#run;
    const listener = (report: HypervisorReport): void => {
      if (report.kind === 'lost') this.#later(1, () => this.#lostLibvirt(report.error, FIRST_RETRY_MS));
      else if (this.#run === run) this.#later(0.5, () => this.#hear(report));
    };
    if (!this.#parts.libvirtd.connect(listener)) this.#lostLibvirt('nobody listens on the socket', retryMs);
  }

  #lostLibvirt(error: string, retryMs: number): void {
    this.#feed({ kind: 'hypervisorLost', error });
    this.#later(retryMs, () => this.#connectLibvirt(Math.min(retryMs * 2, LIBVIRT_RETRY_MS)));
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
    this.#inside(() => {
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
      case 'hypervisor': {
        const answer = this.#answerTo(effect.operation);
        libvirtd.perform(effect.action, effect.deadlineMs, answer);
        return;
      }
      case 'definition':
        definitions.perform(host, libvirtd, effect.action, this.#answerTo(effect.operation));
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

  #answerTo(operation: number): (outcome: OperationOutcome) => void {
    const run = this.#run;
    return (outcome) => this.#inside(() => this.#result(operation, outcome), run);
  }

  #result(operation: number, outcome: OperationOutcome): void {
    this.#feed({ kind: 'result', operation, outcome });
  }
}
