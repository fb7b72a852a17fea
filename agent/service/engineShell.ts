import type { EngineState } from '../core/engine/state.ts';
import { step } from '../core/engine/step.ts';
import type {
  AdminCommand,
  CommandReply,
  EngineEffect,
  EngineEvent,
  EngineInput,
  EngineMemory,
  HypervisorAction,
  OperationOutcome,
  OperationValue,
} from '../core/engine/types.ts';
import type { Definitions } from '../definitions/definitions.ts';
import { type Hypervisor, HypervisorError } from '../hypervisor/hypervisor.ts';
import { Prober } from '../probes/runProbe.ts';
import type { Moves } from '../move/moves.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import { type KeeperLink, KeeperRefusal } from './keeperLink.ts';

/** Commands of administrators under way at once; an honest console has one. */
const MAX_COMMANDS = 64;
const nothing: OperationValue = { kind: 'nothing' };

type Timeless<Input> = Input extends { readonly nowMs: number } ? Omit<Input, 'nowMs'> : Input;
export type ShellInput = Timeless<EngineInput>;

export interface EngineShellOptions {
  readonly engine: EngineState;
  readonly nowMs: () => number;
  readonly keeper: Pick<KeeperLink, 'request'>;
  readonly hypervisor: Hypervisor;
  readonly definitions: Definitions;
  readonly moves: Pick<Moves, 'migrate' | 'cancel'>;
  readonly tell: (event: EngineEvent) => void;
  readonly remember: (memory: EngineMemory) => void;
  /** Called after each input that may have changed what a console sees. */
  readonly changed: () => void;
}

/** Runs the engine: stamps inputs, carries effects out under their deadlines, feeds the results back. */
export class EngineShell {
  readonly #options: EngineShellOptions;
  readonly #prober: Prober;
  readonly #waiting: ShellInput[] = [];
  readonly #commands = new Map<number, (reply: CommandReply) => void>();
  #engine: EngineState;
  #isStepping = false;
  #lastCommand = 0;
  #lastInputMs = 0;

  constructor(options: EngineShellOptions) {
    this.#options = options;
    this.#prober = new Prober(options.hypervisor.guestAgent);
    this.#engine = options.engine;
  }

  get engine(): EngineState {
    return this.#engine;
  }

  /** When the engine last looked at anything. */
  get lastInputMs(): number {
    return this.#lastInputMs;
  }

  /** Inputs that arise while one is being worked on wait for their turn. */
  feed(input: ShellInput): void {
    this.#waiting.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
        this.#step(next);
    } finally {
      this.#isStepping = false;
    }
    this.#options.changed();
  }

  /** Resolves when the command is done or refused; the engine's own deadlines bound the time. */
  command(command: AdminCommand): Promise<CommandReply> {
    if (this.#commands.size >= MAX_COMMANDS) {
      const failure = { code: 'engine.busy', message: `${MAX_COMMANDS} commands are under way already.` };
      return Promise.resolve({ kind: 'failure', failure });
    }
    this.#lastCommand += 1;
    const id = this.#lastCommand;
    return new Promise((resolve) => {
      this.#commands.set(id, resolve);
      this.feed({ kind: 'command', id, command });
    });
  }

  #step(input: ShellInput): void {
    this.#lastInputMs = this.#options.nowMs();
    const { state, effects } = step(this.#engine, { ...input, nowMs: this.#lastInputMs });
    this.#engine = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: EngineEffect): void {
    switch (effect.kind) {
      case 'keeper':
        return this.#answer(effect.operation, async () => {
          const generation = await this.#options.keeper.request(effect.body, effect.deadlineMs);
          return generation === null ? nothing : { kind: 'generation', generation };
        });
      case 'hypervisor':
        return this.#answer(effect.operation, () => this.#hypervisor(effect.action, effect.deadlineMs));
      case 'definition':
        return this.#answer(effect.operation, () => this.#options.definitions.perform(effect.action));
      case 'announce':
        return this.#announce(effect.vm, effect.deadlineMs);
      case 'probe':
        return this.#answer(effect.operation, async () => {
          const answer = await this.#prober.probe(effect.vm, effect.probe, effect.deadlineMs);
          return { kind: 'probed', answer };
        });
      case 'event':
        return this.#options.tell(effect.event);
      case 'remember':
        return this.#options.remember(effect.memory);
      case 'reply': {
        const resolve = this.#commands.get(effect.id);
        this.#commands.delete(effect.id);
        resolve?.(effect.reply);
      }
    }
  }

  #announce(vm: string, deadlineMs: number): void {
    this.#options.hypervisor.announce(vm, deadlineMs).catch((error: unknown) => {
      const name = this.#engine.domains.get(vm)?.name ?? vm;
      const { failure } = failureOf(error);
      this.#options.tell({
        code: 'vm.announce-failed',
        level: 'notice',
        vm: name,
        text: `The switches were not told where ${name} runs now (${failure.message}); they learn it when its guest sends something.`,
        facts: { failure: failure.code },
      });
    });
  }

  #answer(operation: number, act: () => Promise<OperationValue>): void {
    const tell = (outcome: OperationOutcome): void => this.feed({ kind: 'result', operation, outcome });
    act().then(
      (value) => tell({ kind: 'done', value }),
      (error: unknown) => tell({ kind: 'failed', ...failureOf(error) }),
    );
  }

  async #hypervisor(action: HypervisorAction, deadlineMs: number): Promise<OperationValue> {
    const { hypervisor } = this.#options;
    switch (action.kind) {
      case 'createPaused':
      case 'resume':
      case 'shutdown':
      case 'destroy':
      case 'reset':
        await hypervisor[action.kind](action.vm, deadlineMs);
        return nothing;
      case 'counters':
        return { kind: 'counters', ...(await hypervisor.counters(action.vm, deadlineMs)) };
      case 'migrate':
        await this.#options.moves.migrate(action);
        return nothing;
      case 'cancelMigration':
        this.#options.moves.cancel(action.vm);
        return nothing;
      case 'inspect':
        return { kind: 'inspected', ...(await hypervisor.inspect(action.vm, deadlineMs)) };
    }
  }
}

function failureOf(error: unknown): { failure: Failure; certain: boolean } {
  if (error instanceof KeeperRefusal || error instanceof HypervisorError) {
    return { failure: error.failure, certain: error.certain };
  }
  if (error instanceof FailureError) return { failure: error.failure, certain: true };
  const message = error instanceof Error ? error.message : String(error);
  return { failure: { code: 'engine.operation-failed', message: message.slice(0, 500) }, certain: false };
}
