import type { CommandReply, HypervisorAction } from '../../../agent/core/engine/types.ts';
import { type Answer, done, failure } from './daemon.ts';
import type { Guests, Qemu, Vm } from './guests.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Site } from './site.ts';

type MigrateAction = Extract<HypervisorAction, { kind: 'migrate' }>;

/** As in agent/move: the asking agent gives up after this, and a complete copy that nobody takes is given back. */
const ASK_DEADLINE_MS = 12_000;
const GIVE_UP_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** TCP outlives a short cut of the cable; this one does not last. */
const LINK_PATIENCE_MS = 3000;
const LEAST_TRANSFER_MS = 300;
const MOST_TRANSFER_MS = 12_000;

/** One guest on its way, with everything that both hosts know of it. */
interface Move {
  readonly vm: Vm;
  readonly source: Site;
  readonly target: Site;
  readonly generation: number;
  readonly answer: Answer;
  /** Processes that carry it: what is started anew meanwhile knows nothing of it. */
  readonly sourceRun: number;
  targetRun: number;
  readonly libvirtRuns: { readonly source: number; target: number };
  original: Qemu | null;
  copy: Qemu | null;
  isWelcome: boolean;
  isOver: boolean;
  isCancelled: boolean;
  endsAtMs: number;
  silentMs: number;
}

export interface LiveMovesParts {
  readonly sites: () => readonly Site[];
  readonly guests: Guests;
  readonly network: Network;
  readonly random: Random;
  readonly vms: readonly Vm[];
  readonly tell: (host: number | null, text: string) => void;
}

/**
 * Live migration between hosts as libvirt and the agents do it: ask, prepare, precopy, standstill, finish, confirm. At
 * each of them a daemon, an agent, a host or the link may be gone; then each side does what it would do by itself.
 */
export class LiveMoves {
  readonly #parts: LiveMovesParts;
  readonly #running = new Map<string, Move>();
  #nextCommand = 1_000_000;

  constructor(parts: LiveMovesParts) {
    this.#parts = parts;
  }

  cancel(slot: number, uuid: string): void {
    const move = this.#running.get(`${slot} ${uuid}`);
    if (move !== undefined) move.isCancelled = true;
  }

  migrate(slot: number, action: MigrateAction, answer: Answer): void {
    const { random, vms, sites } = this.#parts;
    const source = sites()[slot];
    const target = sites()[action.to];
    const vm = vms.find((one) => one.uuid === action.vm);
    if (source === undefined || target === undefined || vm === undefined) return;
    const move: Move = {
      vm,
      source,
      target,
      generation: action.generation,
      answer,
      sourceRun: source.agent.process.run,
      targetRun: target.agent.process.run,
      libvirtRuns: { source: source.libvirtd.run, target: target.libvirtd.run },
      original: null,
      copy: null,
      isWelcome: false,
      isOver: false,
      isCancelled: false,
      endsAtMs: 0,
      silentMs: 0,
    };
    this.#running.set(`${slot} ${vm.uuid}`, move);
    source.host.queue.after(1 + random.next() * 4, () => this.#ask(move, action.digest));
    source.host.later(ASK_DEADLINE_MS, () => {
      if (!move.isWelcome) this.#breakOff(move, 'the other host did not answer');
    });
    this.#look(move);
  }

  #ask(move: Move, digest: string | null): void {
    const { target, source, vm, generation } = move;
    if (!this.#isLinked(move) || !target.agent.isRunning || !target.host.isWorking) {
      this.#breakOff(move, "the other host's agent can't be reached");
      return;
    }
    move.targetRun = target.agent.process.run;
    const command = { kind: 'receive', vm: vm.uuid, from: source.host.slot, generation, digest } as const;
    this.#command(target, command, (reply) => {
      if (move.isOver) this.#receiveEnd(move);
      else if (reply.kind === 'failure')
        this.#end(move, { kind: 'failed', failure: reply.failure, certain: true });
      else {
        move.isWelcome = true;
        this.#prepare(move);
      }
    });
  }

  #command(
    site: Site,
    command: Parameters<Site['agent']['command']>[1],
    then: (reply: CommandReply) => void,
  ): void {
    this.#nextCommand += 1;
    const id = this.#nextCommand;
    site.host.run(() => site.agent.command(id, command, then));
  }

  #prepare(move: Move): void {
    const { target, vm, source } = move;
    move.libvirtRuns.target = target.libvirtd.run;
    target.libvirtd.migration.receive(vm, (outcome, copy) => {
      move.copy = copy;
      if (move.isOver) this.#takeBack(move);
      else if (outcome.kind === 'failed' || copy === null) this.#breakOff(move, 'libvirt there refused it');
      else {
        const span = MOST_TRANSFER_MS - LEAST_TRANSFER_MS;
        move.original = source.libvirtd.migration.leaving(vm);
        move.endsAtMs = source.host.queue.nowMs + LEAST_TRANSFER_MS + this.#parts.random.next() * span;
        if (move.original === null) this.#breakOff(move, 'it does not run');
      }
    });
  }

  /** Again and again: is everybody still there who carries it, and has all of it arrived? */
  #look(move: Move): void {
    if (move.isOver) return;
    const problem = this.#problem(move);
    if (problem !== null) {
      this.#breakOff(move, problem);
      return;
    }
    const { source, target, original, copy } = move;
    const hasArrived = original !== null && copy !== null && source.host.queue.nowMs >= move.endsAtMs;
    const canEnd = source.host.isWorking && target.host.isWorking && this.#isLinked(move);
    if (hasArrived && canEnd && !original.isFrozen && original.writing === 0) {
      this.#standStill(move, original, copy);
      return;
    }
    source.host.queue.after(LOOK_EVERY_MS, () => this.#look(move));
  }

  #problem(move: Move): string | null {
    const { source, target, original, copy } = move;
    if (move.isCancelled) return 'it was cancelled';
    if (source.agent.process.run !== move.sourceRun) return 'its agent is gone';
    if (target.agent.process.run !== move.targetRun) return "the other host's agent is gone";
    if (source.libvirtd.run !== move.libvirtRuns.source) return 'libvirt was restarted';
    if (copy !== null && target.libvirtd.run !== move.libvirtRuns.target)
      return 'libvirt there was restarted';
    if (original !== null && (original.isGone || original.isKilled)) return 'the guest is gone';
    if (copy !== null && (copy.isGone || copy.isKilled)) return 'the copy is gone';
    move.silentMs = this.#isLinked(move) && target.host.isWorking ? 0 : move.silentMs + LOOK_EVERY_MS;
    return move.silentMs > LINK_PATIENCE_MS ? 'the link broke' : null;
  }

  /** All of it is there: the guest stands still from here on until one of the two is continued. */
  #standStill(move: Move, original: Qemu, copy: Qemu): void {
    const { guests, random, tell } = this.#parts;
    guests.standStill(original);
    guests.complete(copy, original);
    tell(
      move.source.host.slot,
      `The memory of ${move.vm.name} has arrived on ${move.target.host.name}; it stands still.`,
    );
    move.source.host.queue.after(1 + random.next() * 30, () => this.#finish(move));
  }

  #finish(move: Move): void {
    const problem = this.#problem(move);
    if (move.isOver) return;
    if (problem !== null || !this.#isLinked(move)) {
      this.#breakOff(move, problem ?? 'the link broke');
      return;
    }
    move.target.libvirtd.migration.finish((outcome) => {
      if (move.isOver) return;
      if (outcome.kind === 'failed') {
        this.#breakOff(move, 'libvirt there did not answer');
        return;
      }
      move.source.host.later(this.#parts.random.next() * 10, () => this.#confirm(move));
    });
  }

  #confirm(move: Move): void {
    const { source, vm } = move;
    if (move.isOver) return;
    if (source.agent.process.run !== move.sourceRun) {
      this.#breakOff(move, 'its agent is gone');
      return;
    }
    source.libvirtd.migration.left(vm, (outcome) => {
      if (outcome.kind === 'failed') this.#breakOff(move, 'libvirt did not answer');
      else this.#end(move, done);
      // From here on the connection is closed: a copy that nobody takes is given back after a while.
      move.target.host.later(GIVE_UP_AFTER_MS, () => this.#receiveEnd(move));
    });
  }

  /** It stays: libvirt lets it go on where somebody is there to tell it so; the copy ends. */
  #breakOff(move: Move, why: string): void {
    if (move.isOver) return;
    const { source, vm } = move;
    this.#parts.tell(source.host.slot, `The move of ${vm.name} breaks off: ${why}.`);
    if (source.agent.process.run === move.sourceRun) source.libvirtd.migration.stays(vm);
    this.#end(move, failure('vm.live-broke-off', why, false));
    this.#takeBack(move);
  }

  #takeBack(move: Move): void {
    const { target, copy } = move;
    if (copy !== null && target.agent.process.run === move.targetRun)
      target.libvirtd.migration.takeBack(copy);
    else if (copy !== null && this.#parts.random.chance(0.5)) target.libvirtd.migration.takeBack(copy);
    if (move.isWelcome) this.#receiveEnd(move);
  }

  #receiveEnd({ target, vm, generation, targetRun }: Move): void {
    if (target.agent.process.run !== targetRun) return;
    this.#command(target, { kind: 'receiveEnd', vm: vm.uuid, generation }, () => undefined);
  }

  #end(move: Move, outcome: Parameters<Answer>[0]): void {
    if (move.isOver) return;
    move.isOver = true;
    this.#running.delete(`${move.source.host.slot} ${move.vm.uuid}`);
    move.answer(outcome);
  }

  #isLinked({ source, target }: Move): boolean {
    const { network } = this.#parts;
    const isOpen = (from: number, to: number): boolean =>
      network.ways(from, to, null).some((way) => !way.isCut && way.loss < 1);
    const [a, b] = [source.host.slot, target.host.slot];
    return isOpen(a, b) && isOpen(b, a);
  }
}
