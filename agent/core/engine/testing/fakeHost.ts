import type { KeeperRequestBody } from '../../../protocol/keeperLink.ts';
import { step } from '../step.ts';
import { createEngine, type EngineState } from '../state.ts';
import type {
  AdminCommand,
  CommandReply,
  DefinitionAction,
  DomainFact,
  DomainHappening,
  EngineEffect,
  EngineInput,
  EngineMemory,
  HypervisorAction,
  OperationOutcome,
} from '../types.ts';
import type { FakeGroup } from './fakeGroup.ts';
import { FakeGuests } from './fakeGuests.ts';
import { keepIncoming, migrate } from './fakeMove.ts';

const done: OperationOutcome = { kind: 'done', value: { kind: 'nothing' } };
const refused = (code: string, message: string, certain = true): OperationOutcome => {
  return { kind: 'failed', failure: { code, message }, certain };
};

/** One host of a fake group: a real engine, with a hypervisor and a keeper that answer as a test tells them to. */
export class FakeHost {
  readonly slot: number;
  readonly name: string;
  readonly group: FakeGroup;
  engine: EngineState;
  isUp = true;
  hasKeeper = true;
  hasHypervisor = true;
  storeReachable = true;
  /** Its keeper was started anew. */
  isKeeperUnread = false;
  epoch = 1;
  readonly domains = new Map<string, DomainFact>();
  readonly qemus = new Set<string>();
  readonly pending = new Set<number>();
  memory: EngineMemory | null = null;
  /** Answers that replace the usual ones, by what is asked; taken out by the test. */
  readonly broken = new Map<string, string>();
  /** What fails may have been carried out all the same. */
  hasUncertainAnswers = false;
  obeysShutdown = true;
  readonly guests = new FakeGuests();
  /** Tokens that this keeper lets no VM have. */
  readonly refusedTokens = new Set<number>();
  /** Slots that this keeper knows to have been another machine's. */
  readonly refusedSlots = new Set<number>();
  /** Times a guest was created: a guest that is asked to shut down does not take the next one with it. */
  starts = 0;
  readonly replies = new Map<number, CommandReply>();
  readonly asked: string[] = [];
  /** VMs of which the switches were told, in order. */
  readonly announced: string[] = [];
  /** The live move under way from here. */
  move: { readonly arrive: (reason?: string) => void; readonly fail: (text: string) => void } | null = null;
  /** Everything asked of the keeper. */
  readonly requests: KeeperRequestBody[] = [];

  constructor(group: FakeGroup, slot: number) {
    this.group = group;
    this.slot = slot;
    this.name = `h${slot + 1}`;
    this.engine = createEngine({
      slot,
      hostName: this.name,
      needsRealTime: true,
      memory: null,
      definitions: [],
    });
  }

  feed(input: EngineInput): void {
    const result = step(this.engine, input);
    this.engine = result.state;
    for (const effect of result.effects) this.#carryOut(effect);
  }

  command(id: number, command: AdminCommand): void {
    this.feed({ kind: 'command', nowMs: this.group.nowMs, id, command });
  }

  restartAgent(): void {
    const definitions = [...this.engine.definitions.values()];
    this.engine = createEngine({
      slot: this.slot,
      hostName: this.name,
      needsRealTime: true,
      memory: this.memory,
      definitions,
    });
    this.tellHypervisor();
  }

  tellHypervisor(): void {
    const { nowMs } = this.group;
    if (!this.hasHypervisor) this.feed({ kind: 'hypervisorLost', nowMs, error: 'no answer' });
    else this.feed({ kind: 'hypervisor', nowMs, version: '9.0.0', domains: [...this.domains.values()] });
  }

  /** The domain changes its state, and libvirt says so. */
  change(
    vm: string,
    state: DomainFact['state'],
    reason: string,
    happening: DomainHappening | null = null,
  ): void {
    const name = this.group.config.vms.find((one) => one.vm === vm)?.name ?? vm;
    const fact = { vm, name, state, reason };
    this.domains.set(vm, fact);
    if (state === 'stopped') this.qemus.delete(vm);
    else this.qemus.add(vm);
    if (this.hasHypervisor && this.isUp)
      this.feed({ kind: 'domain', nowMs: this.group.nowMs, fact, happening });
  }

  /** Power loss: everything on it is gone, and it says nothing any more. */
  powerOff(): void {
    this.isUp = false;
    this.starts += 1;
    this.qemus.clear();
    this.pending.clear();
    this.memory = null;
  }

  powerOn(): void {
    this.isUp = true;
    this.epoch += 1;
    for (const [vm, fact] of this.domains)
      this.domains.set(vm, { ...fact, state: 'stopped', reason: 'unknown' });
    this.restartAgent();
  }

  #carryOut(effect: EngineEffect): void {
    switch (effect.kind) {
      case 'announce':
        this.announced.push(effect.vm);
        return;
      case 'event':
        return this.group.write(this.name, effect.event);
      case 'reply':
        this.replies.set(effect.id, effect.reply);
        return;
      case 'remember':
        this.memory = effect.memory;
        return;
      case 'keeper':
        this.asked.push(effect.body.kind);
        this.requests.push(effect.body);
        return this.#answer(effect.operation, effect.body.kind, 50, () => this.#keeper(effect.body));
      case 'hypervisor':
        this.asked.push(effect.action.kind);
        if (effect.action.kind === 'migrate') return migrate(this, effect.operation, effect.action);
        if (effect.action.kind === 'cancelMigration') {
          this.move?.fail('it was cancelled');
          return;
        }
        return this.#answer(effect.operation, effect.action.kind, 300, () => this.#hypervisor(effect.action));
      case 'probe':
        return this.#answer(effect.operation, 'probe', 50, () => this.guests.probe(effect.probe));
      case 'definition':
        this.asked.push(effect.action.kind);
        return this.#answer(effect.operation, effect.action.kind, 100, () => this.#definition(effect.action));
    }
  }

  #answer(operation: number, what: string, afterMs: number, act: () => OperationOutcome | null): void {
    this.group.later(afterMs, () => {
      if (!this.isUp) return;
      const fault = this.broken.get(what);
      if (fault === 'never') return;
      const outcome = fault === undefined ? act() : refused(`test.${what}`, fault, !this.hasUncertainAnswers);
      if (outcome === null) return;
      this.feed({ kind: 'result', nowMs: this.group.nowMs, operation, outcome });
    });
  }

  #keeper(body: KeeperRequestBody): OperationOutcome {
    const { group } = this;
    switch (body.kind) {
      case 'acquire': {
        const token = group.token(body.token);
        if (!group.isFree(token, this)) return refused('token.not-free', 'it is not free');
        const vm = group.config.vms.find((one) => one.token === body.token)?.vm ?? '';
        token.generation += 1;
        token.value = { vm, holder: this.slot, holderEpoch: this.epoch, target: null };
        token.note = { ...body.note, generation: token.generation };
        return { kind: 'done', value: { kind: 'generation', generation: token.generation } };
      }
      case 'note':
      case 'release': {
        const token = group.token(body.token);
        if (token.value?.holder !== this.slot) return refused('token.not-mine', 'it is not held here');
        if (body.kind === 'release' && this.qemus.has(token.value.vm))
          return refused('token.in-use', 'it runs');
        token.note = body.note;
        return done;
      }
      case 'stop': {
        const vm = group.token(body.token).value?.vm ?? '';
        if (this.qemus.has(vm)) this.change(vm, 'stopped', 'failed');
        return done;
      }
      case 'expectIncoming':
      case 'endIncoming':
        return keepIncoming(this, body) ? done : refused('token.not-receivable', 'it is not held elsewhere');
      case 'beginStart':
        this.pending.add(body.token);
        return done;
      case 'endStart':
        this.pending.delete(body.token);
        return done;
      case 'mayContinue':
        return group.token(body.token).value?.holder === this.slot ? done : refused('token.not-mine', 'lost');
      case 'proposeConfig':
        if (body.config.vms.some((vm) => this.refusedTokens.has(vm.token))) {
          return refused('config.token-in-use', 'another VM may still have that token');
        }
        if (body.config.hosts.some((host) => this.refusedSlots.has(host.slot) && !group.hosts[host.slot])) {
          return refused('config.slot-used', 'another machine had that slot');
        }
        group.config = body.config;
        return done;
      case 'hello':
      case 'leave':
      case 'fromPeer':
        return done;
    }
  }

  #hypervisor(action: HypervisorAction): OperationOutcome {
    if (!this.hasHypervisor) return refused('hypervisor.no-answer', 'no answer', false);
    const fact = this.domains.get(action.vm);
    if (!fact) return refused('hypervisor.no-domain', 'no such domain');
    switch (action.kind) {
      case 'counters':
        return this.guests.counters(this.group.nowMs);
      case 'reset':
        this.feed({ kind: 'domain', nowMs: this.group.nowMs, fact, happening: { kind: 'reboot' } });
        return done;
      case 'createPaused':
        this.starts += 1;
        this.change(action.vm, 'paused', 'user');
        return done;
      case 'resume':
        this.change(action.vm, 'running', 'unpaused');
        return done;
      case 'shutdown': {
        const starts = this.starts;
        const goDown = (): void => {
          if (this.isUp && this.starts === starts) this.change(action.vm, 'stopped', 'shutdown');
        };
        if (this.obeysShutdown) this.group.later(2000, goDown);
        return done;
      }
      case 'destroy':
        if (fact.state !== 'stopped') this.change(action.vm, 'stopped', 'destroyed');
        return done;
      case 'migrate':
      case 'cancelMigration':
        return refused('test.migrate', 'a test answers this itself');
      case 'inspect':
        return {
          kind: 'done',
          value: {
            kind: 'inspected',
            description: { ...this.group.description, vm: fact.vm, name: fact.name },
            running: this.group.running,
            places: { bridges: ['br0'], networks: ['default'] },
          },
        };
    }
  }

  #definition(action: DefinitionAction): OperationOutcome {
    switch (action.kind) {
      case 'publish':
        return { kind: 'done', value: { kind: 'digest', digest: this.group.definitionOf(action.vm) } };
      case 'place': {
        const name = this.group.config.vms.find((one) => one.vm === action.vm)?.name ?? '';
        const before = this.domains.get(action.vm);
        const fact = before ?? { vm: action.vm, name, state: 'stopped' as const, reason: 'unknown' };
        this.domains.set(action.vm, fact);
        this.feed({ kind: 'domain', nowMs: this.group.nowMs, fact, happening: { kind: 'defined' } });
        return done;
      }
      case 'fetch':
        return done;
      case 'forget':
        if (action.undefine) {
          this.domains.delete(action.vm);
          this.feed({ kind: 'domainGone', nowMs: this.group.nowMs, vm: action.vm });
        }
        return done;
    }
  }
}
