import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DomainDescription, HostPlaces, NetworkLook } from '../core/engine/description.ts';
import type { DomainFact } from '../core/engine/types.ts';
import { demoVmArguments } from '../keeper/demoProcesses.ts';
import type { Paths } from '../paths.ts';
import { DemoDefinition, readDemoVms, removeDemoVm, writeDemoVm } from './demoDefinitions.ts';
import { demoScreen } from './demoScreen.ts';
import { demoVmCommand } from './demoVm.ts';
import { type DemoVmState, readState, stateFolder, writeState } from './demoVmState.ts';
import {
  type GuestAgent,
  type Hypervisor,
  HypervisorError,
  type HypervisorReport,
  type ScreenPicture,
  type StoredDefinition,
} from './hypervisor.ts';

const LOOK_EVERY_MS = 500;
const WAIT_STEP_MS = 25;
const VERSION = 'demo';

export interface DemoOptions {
  readonly root: string;
  readonly paths: Paths;
  readonly hostName: string;
  readonly bootId: string;
  readonly areaPath: string;
  /** Program and script of this product, to start VM processes with. */
  readonly self: readonly string[];
  readonly nowMs: () => number;
}

/** The demo group's hypervisor: a VM is a child process, its definition a JSON file, its disk a file on the store. */
export class DemoHypervisor implements Hypervisor {
  readonly mover = null;
  readonly driller = null;
  readonly #options: DemoOptions;
  readonly #told = new Map<string, string>();
  readonly guestAgent: GuestAgent = {
    guestPing: async (vm) => {
      if (this.#state(vm).state !== 'running') throw refused('it does not run');
    },
    guestRun: () => Promise.reject(refused('nothing can be run inside a demo VM')),
    guestBeat: async (vm) => {
      if (this.#state(vm).state !== 'running') throw refused('it does not run');
      return { beat: { state: 'ok', awaySeconds: null }, atMs: performance.now() };
    },
  };
  #listener: (report: HypervisorReport) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isFirst = true;

  constructor(options: DemoOptions) {
    this.#options = options;
    mkdirSync(stateFolder(options.root), { recursive: true });
  }

  start(listener: (report: HypervisorReport) => void): void {
    this.#listener = listener;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    void this.#look();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  async createPaused(vm: string, deadlineMs: number): Promise<void> {
    const { root, hostName, bootId, areaPath, self } = this.#options;
    const { name } = await this.#defined(vm);
    if (this.#state(vm).state !== 'stopped') throw refused(`${name} runs already`);
    if (!this.#gateIsOpen(vm)) throw refused(`the start gate of ${name} is closed on ${hostName}`);
    const diskFolder = join(dirname(areaPath), 'demo-disks');
    const more = { vm, root, name, hostName, bootId, diskFolder };
    const [program = process.execPath, ...script] = self;
    const args = [...script, 'demo-vm', ...demoVmCommand(demoVmArguments(root, vm), more)];
    writeState(root, vm, { pid: 0, state: 'stopped', reason: 'failed' });
    const child = spawn(program, args, { stdio: 'ignore' });
    child.on('error', () => undefined);
    child.on('exit', () => void this.#look());
    child.unref();
    await this.#until(deadlineMs, `${name} did not come up`, () => readState(root, vm)?.state === 'paused');
    await this.#look();
  }

  async resume(vm: string, deadlineMs: number): Promise<void> {
    const state = this.#state(vm);
    if (state.state === 'stopped') throw refused('it does not run');
    signal(state.pid, 'SIGUSR2');
    await this.#until(deadlineMs, 'it did not go on', () => this.#state(vm).state === 'running');
    await this.#look();
  }

  shutdown(vm: string): Promise<void> {
    const state = this.#state(vm);
    if (state.state === 'stopped') throw refused('it does not run');
    signal(state.pid, 'SIGTERM');
    return Promise.resolve();
  }

  async destroy(vm: string, deadlineMs: number): Promise<void> {
    const { pid, state } = this.#state(vm);
    if (state === 'stopped') return;
    signal(pid, 'SIGKILL');
    await this.#until(deadlineMs, 'its process does not go away', () => !this.#isAlive(vm, pid));
    writeState(this.#options.root, vm, { pid, state: 'stopped', reason: 'destroyed' });
    await this.#look();
  }

  /** Its process is its guest: there is nothing that could begin anew inside. */
  reset(vm: string): Promise<void> {
    return Promise.reject(refused(`the demo VM ${vm} has no reset button`));
  }

  counters(): Promise<{ disk: number; network: number }> {
    return Promise.resolve({ disk: 0, network: 0 });
  }

  /** Definitions of demo VMs are the demo's own. */
  async changed(): Promise<readonly string[]> {
    return [];
  }

  async inspect(vm: string): Promise<{ description: DomainDescription; places: HostPlaces }> {
    const { name, memoryMiB } = await this.#defined(vm);
    const description: DomainDescription = {
      vm,
      name,
      memoryMiB,
      machine: VERSION,
      emulator: 'qemu',
      cpuMode: '',
      autostart: false,
      disks: [],
      interfaces: [],
      hostDevices: [],
      hasHeartbeat: true,
      hasSnapshots: false,
    };
    return { description, places: { bridges: [], networks: [] } };
  }

  /** Demo VMs have no network cards. */
  announce(): Promise<void> {
    return Promise.resolve();
  }

  networks(): Promise<NetworkLook> {
    return Promise.resolve({ gaps: [], bridges: [] });
  }

  async definition(vm: string): Promise<StoredDefinition | null> {
    const found = (await readDemoVms(this.#options.root)).find((one) => one.vm === vm);
    if (!found) return null;
    const isActive = this.#state(vm).state !== 'stopped';
    return { xml: JSON.stringify(found), autostart: false, isActive };
  }

  async define(vm: string, xml: string): Promise<void> {
    const parsed = DemoDefinition.safeParse(JSON.parse(xml));
    if (!parsed.success || parsed.data.vm !== vm) throw refused('not the definition of this demo VM');
    await writeDemoVm(this.#options.root, parsed.data);
    await this.#look();
    this.#listener({ kind: 'domain', fact: this.#fact(parsed.data), happening: { kind: 'defined' } });
  }

  async screenshot(vm: string): Promise<ScreenPicture> {
    const { name } = await this.#defined(vm);
    const { state } = this.#state(vm);
    if (state === 'stopped') throw refused(`${name} does not run`);
    return demoScreen(name, this.#options.nowMs());
  }

  setAutostart(): Promise<void> {
    return Promise.resolve();
  }

  async undefine(vm: string): Promise<void> {
    await removeDemoVm(this.#options.root, vm);
    await this.#look();
  }

  async #defined(vm: string): Promise<DemoDefinition> {
    const found = (await readDemoVms(this.#options.root)).find((one) => one.vm === vm);
    if (found) return found;
    throw new HypervisorError({ code: 'hypervisor.no-domain', message: 'there is no such demo VM' }, true);
  }

  /** Compares the processes with what was told, and tells what changed. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const facts = (await readDemoVms(this.#options.root)).map((one) => this.#fact(one));
      if (this.#isFirst) {
        this.#isFirst = false;
        this.#listener({ kind: 'domains', version: VERSION, domains: facts });
        for (const fact of facts) this.#told.set(fact.vm, `${fact.state} ${fact.reason}`);
      }
      for (const fact of facts) {
        const now = `${fact.state} ${fact.reason}`;
        if (this.#told.get(fact.vm) === now) continue;
        this.#told.set(fact.vm, now);
        this.#listener({ kind: 'domain', fact, happening: null });
      }
      for (const vm of this.#told.keys()) {
        if (facts.some((fact) => fact.vm === vm)) continue;
        this.#told.delete(vm);
        this.#listener({ kind: 'gone', vm });
      }
    } finally {
      this.#isLooking = false;
    }
  }

  #fact({ vm, name }: DemoDefinition): DomainFact {
    const { state, reason } = this.#state(vm);
    return { vm, name, state, reason };
  }

  /** The process decides, not the file: one that is gone and did not say why has failed. */
  #state(vm: string): DemoVmState {
    const said = readState(this.#options.root, vm);
    if (said === null) return { pid: 0, state: 'stopped', reason: 'failed' };
    if (said.state === 'stopped' || this.#isAlive(vm, said.pid)) return said;
    return { ...said, state: 'stopped', reason: 'failed' };
  }

  #isAlive(vm: string, pid: number): boolean {
    try {
      const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return !isZombie && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(vm);
    } catch {
      return false;
    }
  }

  /** What the libvirt hook does on a real host: the keeper's file must allow the start now. */
  #gateIsOpen(vm: string): boolean {
    const { paths, bootId, nowMs } = this.#options;
    try {
      const [boot, ...entries] = readFileSync(paths.gateFile, 'utf8').split('\n');
      const entry = entries.map((line) => line.split(' ')).find(([name]) => name === vm);
      return boot === bootId && entry !== undefined && nowMs() < Number(entry[3]);
    } catch {
      return false;
    }
  }

  async #until(deadlineMs: number, message: string, isDone: () => boolean): Promise<void> {
    const endsAt = performance.now() + deadlineMs;
    while (!isDone()) {
      if (performance.now() >= endsAt) {
        throw new HypervisorError({ code: 'hypervisor.no-answer', message }, false);
      }
      await pause(WAIT_STEP_MS);
    }
  }
}

const refused = (message: string): HypervisorError =>
  new HypervisorError({ code: 'hypervisor.refused', message }, true);

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already, which the next look shows.
  }
}
