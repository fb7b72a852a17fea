import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod/mini';
import { errorCode, isLibvirtError } from '../node-libvirt/index.ts';
import { HypervisorError } from './hypervisor.ts';

/** How often a program in the guest is asked for its end: at once at first, for most end soon. */
const FIRST_LOOK_MS = 50;
const LATER_LOOK_MS = 1000;
/** One for each level of each VM that a group may have. The oldest gives way: then a program may run twice in its guest. */
const MAX_LEFT = 128;

const Started = z.object({ pid: z.int() });
const State = z.object({ exited: z.boolean(), exitcode: z.optional(z.int()), signal: z.optional(z.int()) });
type State = z.infer<typeof State>;

export interface Program {
  readonly path: string;
  readonly args: readonly string[];
}

/** One call to the agent in a guest. */
export interface GuestLine {
  readonly ask: (execute: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;
  readonly leftMs: () => number;
}

/** Runs programs in guests by their agents. One that did not end in time is not started again while it runs. */
export class GuestPrograms {
  readonly #left = new Map<string, number>();

  /** Gives the exit status; what the program writes is not read. */
  async run(vm: string, { path, args }: Program, line: GuestLine): Promise<number> {
    const key = JSON.stringify([vm, path, args]);
    const left = this.#left.get(key);
    if (left !== undefined) {
      if (await stillRuns(line, left)) throw new Error(`${path} has not ended since it was started before`);
      this.#left.delete(key);
    }
    const asked = await line.ask('guest-exec', { path, arg: args, 'capture-output': false });
    const started = Started.safeParse(asked);
    if (!started.success) throw nonsense();
    const { pid } = started.data;
    try {
      return await statusAtEnd(line, pid, path);
    } catch (error) {
      this.#leave(key, pid);
      throw error;
    }
  }

  #leave(key: string, pid: number): void {
    const [oldest] = this.#left.keys();
    if (this.#left.size >= MAX_LEFT && oldest !== undefined) this.#left.delete(oldest);
    this.#left.set(key, pid);
  }
}

async function statusAtEnd(line: GuestLine, pid: number, path: string): Promise<number> {
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * 2, LATER_LOOK_MS)) {
    const state = await stateOf(line, pid);
    if (state.exited) return statusOf(state);
    if (line.leftMs() <= lookMs) throw new Error(`${path} did not end in time`);
    await pause(lookMs);
  }
}

/** The agent tells an end once, and knows nothing of what ran before the guest or itself was started again. */
async function stillRuns(line: GuestLine, pid: number): Promise<boolean> {
  try {
    return !(await stateOf(line, pid)).exited;
  } catch (error) {
    const isUnanswered = isLibvirtError(error, errorCode.agentUnresponsive, errorCode.operationTimeout);
    if (isLibvirtError(error) && !isUnanswered) return false;
    throw error;
  }
}

async function stateOf({ ask }: GuestLine, pid: number): Promise<State> {
  const state = State.safeParse(await ask('guest-exec-status', { pid }));
  if (!state.success) throw nonsense();
  return state.data;
}

/** As a shell counts: 128 and the signal that ended it. */
const ENDED_BY_SIGNAL = 128;
const statusOf = ({ exitcode, signal }: State): number =>
  exitcode ?? (signal === undefined ? 0 : ENDED_BY_SIGNAL + signal);

const nonsense = (): HypervisorError =>
  new HypervisorError(
    { code: 'hypervisor.guest-nonsense', message: 'The guest agent answered something that makes no sense.' },
    true,
  );
