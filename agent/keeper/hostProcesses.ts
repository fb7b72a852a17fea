import { readFile } from 'node:fs/promises';
import type { Scan, SeenProcess } from '../core/keeper/types.ts';
import { ownScope, Scopes } from './cgroups.ts';
import { type HookStart, readHookStarts, removeHookStart } from './hookStarts.ts';
import { allEnded, allStopped, type ProcessId, type ProcFs } from './procfs.ts';
import { signalProcess } from './signals.ts';
import type { VmKind } from './vmKind.ts';
import type { VmProcesses } from './vmProcesses.ts';

/** A process may become another program (exec) under the same pid and start time; young ones do so mostly. */
const YOUNG_MS = 10_000;
/** Of the others so many are looked at again in each scan: 300 of them in 20 s at two scans a second. */
const RECHECKS = 8;
/** Groups of running VMs are looked at for new helpers in every so many-th scan; of young VMs in each. */
const SCOPE_EVERY = 10;
/** All processes are listed in every so many-th scan, even if the kernel's counter says that none was added. */
const LIST_EVERY = 10;
/** A start whose libvirt daemon is gone can't go on; its last child ends within moments. */
const ORPHAN_START_MS = 5000;
/** Reads of other processes' command lines under way: each may hang and holds a thread of the pool. */
const MAX_IDENTIFYING = 2;

/** Parents of a QEMU before it is one: never settled, because they may wait long before they become it. */
const daemons = /^(?:libvirtd|virtqemud)$/;

interface Known extends ProcessId {
  /** Until then it is looked at in each scan whether it has become another program. */
  readonly settlesAtMs: number;
  readonly program: string;
  /** `pending`: it may carry a VM, and which one is not known yet. */
  kind: 'other' | 'pending' | 'vm';
  vm: string;
  scope: string | null;
}

export interface HostProcessesOptions {
  readonly proc: ProcFs;
  readonly kind: VmKind;
  /** Null without a version 2 hierarchy: VMs are then stopped by signals. */
  readonly scopes: Scopes | null;
  readonly startsDir: string;
}

/** Finds, freezes and kills QEMUs and their helpers. Incremental: an idle scan reads little more than the pid list. */
export class HostProcesses implements VmProcesses {
  readonly #options: HostProcessesOptions;
  readonly #known = new Map<number, Known>();
  readonly #orphanedSince = new Map<string, number>();
  #recheckAt = 0;
  #lastPid: number | null = null;
  #scans = 0;
  #identifying = 0;
  #onIdentified: () => void = () => undefined;

  constructor(options: HostProcessesOptions) {
    this.#options = options;
  }

  get stuck(): boolean {
    return this.#identifying > 0;
  }

  onIdentified(listener: () => void): void {
    this.#onIdentified = listener;
  }

  scan(nowMs: number): Scan | null {
    // Markers first: one that the hook removes after this has a QEMU that the pid list below already shows.
    const starts = readHookStarts(this.#options.startsDir);
    this.#scans += 1;
    const pids = this.#pids();
    this.#recheck(pids, nowMs);
    for (const pid of pids) if (!this.#known.has(pid)) this.#meet(pid, nowMs);
    this.#addScopeMembers(nowMs);
    const seen = this.#look();
    const hookStarts = this.#openStarts(starts, seen, nowMs);
    for (const known of this.#known.values()) if (known.kind === 'pending') return null;
    return { startedAtMs: nowMs, processes: seen, hookStarts };
  }

  freeze(vms: readonly string[]): void {
    for (const [scope, members] of this.#groups(vms)) {
      if (scope !== null && this.#options.scopes?.setFrozen(scope, true) === true) continue;
      for (const id of members) signalProcess(this.#options.proc, id, 'SIGSTOP');
    }
  }

  thaw(vms: readonly string[], stillAllowed: () => boolean): void {
    for (const [scope, members] of this.#groups(vms)) {
      if (!stillAllowed()) return;
      if (scope !== null) this.#options.scopes?.setFrozen(scope, false);
      for (const id of members) {
        if (!stillAllowed()) return;
        signalProcess(this.#options.proc, id, 'SIGCONT');
      }
    }
  }

  kill(vms: readonly string[]): void {
    for (const [scope, members] of this.#groups(vms)) {
      if (scope !== null) this.#options.scopes?.kill(scope);
      for (const id of members) signalProcess(this.#options.proc, id, 'SIGKILL');
    }
  }

  /** Processes by the group that is theirs alone; null: those to be signalled one by one. */
  #groups(vms: readonly string[]): Map<string | null, Known[]> {
    const wanted = new Set(vms);
    const owners = new Map<string, string>();
    const shared = new Set<string>();
    for (const known of this.#known.values()) {
      if (known.kind !== 'vm' || known.scope === null) continue;
      if ((owners.get(known.scope) ?? known.vm) !== known.vm) shared.add(known.scope);
      owners.set(known.scope, known.vm);
    }
    const groups = new Map<string | null, Known[]>();
    for (const known of this.#known.values()) {
      if (known.kind !== 'vm' || !wanted.has(known.vm)) continue;
      const scope = known.scope === null || shared.has(known.scope) ? null : known.scope;
      groups.set(scope, [...(groups.get(scope) ?? []), known]);
    }
    return groups;
  }

  /** The counter is read before the list: what comes in between makes it differ the next time. */
  #pids(): readonly number[] {
    const lastPid = this.#options.proc.lastPid();
    const same = lastPid !== null && lastPid === this.#lastPid && this.#scans % LIST_EVERY !== 0;
    this.#lastPid = lastPid;
    if (same) return [...this.#known.keys()];
    const pids = this.#options.proc.pids();
    const there = new Set(pids);
    for (const pid of this.#known.keys()) if (!there.has(pid)) this.#known.delete(pid);
    return pids;
  }

  /** A pid that went to another process, or a process that became another program, is met anew. */
  #recheck(pids: readonly number[], nowMs: number): void {
    for (const known of this.#known.values()) {
      if (known.kind === 'other' && nowMs < known.settlesAtMs) this.#recheckOne(known);
    }
    for (let count = 0; count < Math.min(RECHECKS, pids.length); count += 1) {
      this.#recheckAt = (this.#recheckAt + 1) % pids.length;
      const known = this.#known.get(pids[this.#recheckAt] ?? 0);
      if (known?.kind === 'other') this.#recheckOne(known);
    }
  }

  #recheckOne(known: Known): void {
    const same = this.#options.proc.program(known.pid) === known.program && this.#options.proc.isThere(known);
    if (!same) this.#known.delete(known.pid);
  }

  #meet(pid: number, nowMs: number): void {
    const proc = this.#options.proc;
    const stat = proc.stat(pid);
    if (stat === null) return;
    // A dead leader has no program of its own left, but its threads may still be writing.
    const thread = stat.state === 'Z' ? proc.liveThread(pid) : pid;
    const program = stat.kernelThread || thread === null ? '' : proc.program(pid, thread);
    const known: Known = {
      pid,
      startTicks: stat.startTicks,
      settlesAtMs: settlesAt(stat.kernelThread, program, nowMs),
      program,
      kind: 'other',
      vm: '',
      scope: null,
    };
    this.#known.set(pid, known);
    if (stat.kernelThread || thread === null) return;
    const { programs, onlyUser } = this.#options.kind;
    if (programs.test(program)) this.#identify(known, thread);
    // On its way out, with its memory already gone: it can't be said whose it was, and it may still write.
    else if (program === '' && programs.test(stat.name) && !proc.isForeign(pid, onlyUser))
      this.#meetAgain(known);
  }

  #meetAgain(known: Known): void {
    known.kind = 'pending';
    queueMicrotask(() => {
      if (this.#known.get(known.pid) !== known) return;
      this.#known.delete(known.pid);
      this.#lastPid = null;
    });
  }

  /** The command line lies in the process's memory: reading it may wait for a lock that a stuck process holds. */
  #identify(known: Known, thread: number): void {
    if (this.#identifying >= MAX_IDENTIFYING) {
      this.#meetAgain(known);
      return;
    }
    known.kind = 'pending';
    this.#identifying += 1;
    const settle = (text: string): void => {
      this.#identifying -= 1;
      if (known.kind !== 'pending') return;
      if (text === '') this.#meetAgain(known);
      else {
        const vm = this.#options.kind.vmOf(text.split('\0'));
        known.kind = vm === null ? 'other' : 'vm';
        known.vm = vm ?? '';
        known.scope = vm === null ? null : this.#scopeOf(known.pid);
      }
      this.#onIdentified();
    };
    readFile(this.#options.proc.cmdlinePath(known.pid, thread), 'latin1').then(settle, () => {
      settle('');
    });
  }

  #scopeOf(pid: number): string | null {
    const path = this.#options.proc.cgroup(pid);
    return path === null || this.#options.scopes === null ? null : ownScope(path);
  }

  #addScopeMembers(nowMs: number): void {
    const scopes = this.#options.scopes;
    if (scopes === null) return;
    const owners = new Map<string, Known>();
    for (const known of this.#known.values()) {
      if (known.kind !== 'vm') continue;
      if (nowMs >= known.settlesAtMs && this.#scans % SCOPE_EVERY !== 0) continue;
      known.scope = this.#scopeOf(known.pid);
      if (known.scope !== null) owners.set(known.scope, known);
    }
    for (const [scope, owner] of owners) {
      for (const pid of scopes.members(scope)) this.#adopt(pid, owner, nowMs);
    }
  }

  #adopt(pid: number, owner: Known, nowMs: number): void {
    if (!this.#known.has(pid)) this.#meet(pid, nowMs);
    const member = this.#known.get(pid);
    if (member === undefined || member.kind === 'vm') return;
    member.kind = 'vm';
    member.vm = owner.vm;
    member.scope = owner.scope;
  }

  #look(): readonly SeenProcess[] {
    const seen: SeenProcess[] = [];
    const frozen = new Map<string, boolean>();
    for (const known of this.#known.values()) {
      if (known.kind !== 'vm') continue;
      const stat = this.#options.proc.stat(known.pid);
      const dead =
        stat?.startTicks !== known.startTicks ||
        (allEnded([stat.state]) && allEnded(this.#options.proc.threadStates(known.pid)));
      if (dead) {
        this.#known.delete(known.pid);
        continue;
      }
      const stopped =
        (stat.state === 'T' || stat.state === 't') && allStopped(this.#options.proc.threadStates(known.pid));
      seen.push({
        vm: known.vm,
        pid: known.pid,
        startTicks: known.startTicks,
        stopped: stopped || this.#frozen(known.scope, frozen),
      });
    }
    return seen;
  }

  #frozen(scope: string | null, cache: Map<string, boolean>): boolean {
    if (scope === null) return false;
    const frozen = cache.get(scope) ?? this.#options.scopes?.frozen(scope) ?? false;
    cache.set(scope, frozen);
    return frozen;
  }

  #openStarts(starts: readonly HookStart[], seen: readonly SeenProcess[], nowMs: number): readonly string[] {
    const open: string[] = [];
    for (const start of starts) {
      const orphan =
        start.daemon !== null &&
        !this.#options.proc.isThere(start.daemon) &&
        !seen.some((process) => process.vm === start.vm);
      if (!orphan) this.#orphanedSince.delete(start.vm);
      const sinceMs = orphan ? (this.#orphanedSince.get(start.vm) ?? nowMs) : nowMs;
      if (orphan) this.#orphanedSince.set(start.vm, sinceMs);
      if (nowMs - sinceMs > ORPHAN_START_MS) {
        this.#orphanedSince.delete(start.vm);
        removeHookStart(this.#options.startsDir, start.vm);
      } else open.push(start.vm);
    }
    return open;
  }
}

function settlesAt(kernelThread: boolean, program: string, nowMs: number): number {
  if (kernelThread) return nowMs;
  return daemons.test(program) ? Number.POSITIVE_INFINITY : nowMs + YOUNG_MS;
}
