import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Reading /proc without ever waiting for another process. `stat`, `exe` and `cgroup` take no lock that a process stuck
 * in storage could hold; `cmdline` does (it reads the process's memory), so it is not read here.
 */

/** Pid and start time (clock ticks since boot) name a process for ever; a pid alone is used again. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ProcessStat {
  /** One letter as in proc(5): T and t are stopped, Z and X are dead. */
  readonly state: string;
  readonly startTicks: number;
  readonly kernelThread: boolean;
  /** The name that the process goes by, at most 15 characters. */
  readonly name: string;
}

const PF_KTHREAD = 0x0020_0000;

/** Parses /proc/PID/stat. The name may contain spaces and brackets, so that fields count from the last bracket. */
export function parseStat(text: string): ProcessStat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
  const state = fields[0];
  const startTicks = Number(fields[19]);
  if (state === undefined || !Number.isSafeInteger(startTicks)) return null;
  const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
  return { state, startTicks, kernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0, name };
}

/** A seam for tests: everything is read below this folder. */
export class ProcFs {
  readonly #root: string;

  constructor(root = '/proc') {
    this.#root = root;
  }

  pids(): readonly number[] {
    const pids: number[] = [];
    for (const name of readdirSync(this.#root)) {
      const first = name.charCodeAt(0);
      if (first >= 48 && first <= 57) pids.push(Number(name));
    }
    return pids;
  }

  /**
   * The number that was last given to a process or thread. While it stays the same, no process can have been added;
   * listing /proc is the dearest part of a scan. Null: not known.
   */
  lastPid(): number | null {
    const last = Number(this.#read('loadavg')?.trim().split(' ')[4]);
    return Number.isSafeInteger(last) ? last : null;
  }

  /** Null when there is no such process. */
  stat(pid: number): ProcessStat | null {
    const text = this.#read(`${pid}/stat`);
    return text === null ? null : parseStat(text);
  }

  /** Whether this very process, and not a later one of the same pid, is there. */
  isThere(id: ProcessId): boolean {
    return this.stat(id.pid)?.startTicks === id.startTicks;
  }

  /** Whether this very process still has a thread that has not ended. */
  lives(id: ProcessId): boolean {
    const stat = this.stat(id.pid);
    return stat?.startTicks === id.startTicks && (stat.state !== 'Z' || this.liveThread(id.pid) !== null);
  }

  /** States of all threads, one letter each; empty when the process is gone. */
  threadStates(pid: number): readonly string[] {
    return this.#threads(pid).flatMap((thread) => this.#threadState(pid, thread) ?? []);
  }

  /** A thread that has not ended; null when all have. */
  liveThread(pid: number): number | null {
    for (const thread of this.#threads(pid)) {
      const state = this.#threadState(pid, thread);
      if (state !== null && !allEnded([state])) return Number(thread);
    }
    return null;
  }

  /** Name of the program file, also after it was upgraded on disk; empty for kernel threads and dying processes. */
  program(pid: number, thread = pid): string {
    const path = thread === pid ? `${pid}/exe` : `${pid}/task/${thread}/exe`;
    return basename((readLink(join(this.#root, path)) ?? '').replace(/ \(deleted\)$/, ''));
  }

  /** Whether the process is there and belongs to another user (uid) than this one; undefined: any user is meant. */
  isForeign(pid: number, user: number | undefined): boolean {
    if (user === undefined) return false;
    try {
      return statSync(join(this.#root, String(pid))).uid !== user;
    } catch {
      return false;
    }
  }

  /** The process's place in the version 2 hierarchy, from its root; null when it has none. */
  cgroup(pid: number): string | null {
    const text = this.#read(`${pid}/cgroup`) ?? '';
    return /^0::(\/.*)$/m.exec(text)?.[1] ?? null;
  }

  /** Paths of what the process has open. Only links are read: a look at the files themselves may hang. */
  openFiles(pid: number): readonly string[] {
    try {
      const dir = join(this.#root, `${pid}/fd`);
      return readdirSync(dir).flatMap((fd) => readLink(join(dir, fd)) ?? []);
    } catch {
      return [];
    }
  }

  cmdlinePath(pid: number, thread = pid): string {
    return join(this.#root, `${pid}/task/${thread}/cmdline`);
  }

  #threads(pid: number): readonly string[] {
    try {
      return readdirSync(join(this.#root, `${pid}/task`));
    } catch {
      return [];
    }
  }

  #threadState(pid: number, thread: string): string | null {
    const text = this.#read(`${pid}/task/${thread}/stat`);
    return text === null ? null : (parseStat(text)?.state ?? null);
  }

  #read(name: string): string | null {
    try {
      return readFileSync(join(this.#root, name), 'latin1');
    } catch {
      // Gone while it was looked at, which is what null says.
      return null;
    }
  }
}

/** Null when it is gone, or never was a link. */
function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Dead for good: every thread that is left has ended. A dead leader with a live thread is not. */
export function allEnded(states: readonly string[]): boolean {
  return states.every((state) => state === 'Z' || state === 'X');
}

/** No thread is inside a system call: a stop is only taken on the way out of one. */
export function allStopped(states: readonly string[]): boolean {
  return states.length > 0 && states.every((state) => state === 'T' || state === 't' || state === 'Z');
}
