import type { DefinitionAction, DefinitionFact } from '../../../agent/core/engine/types.ts';
import { type Answer, done, failure } from './daemon.ts';
import type { Vm } from './guests.ts';
import type { Host } from './host.ts';
import type { Libvirtd } from './libvirtd.ts';
import type { Store } from './store.ts';

const LIBVIRT_DEADLINE_MS = 15_000;
/** Reads and writes of definitions go through store-io children of the agent, each with a deadline. */
const STORE_DEADLINE_MS = 10_000;
/** The two halves of a token's place for definitions. */
const HALVES = 2;

export const digestOf = (vm: Vm, version: number): string =>
  `${vm.index}`.padStart(4, '0') + `${version}`.padStart(60, '0');

/** Definitions of VMs on the store and on each host: published by the holder, fetched and placed by the others. */
export class Definitions {
  readonly #store: Store;
  readonly #vms: readonly Vm[];
  /** Of each VM: the digest of what libvirt has where it ran last; grows when its NVRAM changes. */
  readonly #versions: number[];
  /** On the store, by VM: the digests in the two halves, newest first. */
  readonly #published: string[][];
  readonly #kept: Map<number, DefinitionFact>[];

  constructor(
    store: Store,
    hosts: number,
    vms: readonly Vm[],
    standbysOf: (vm: Vm, slot: number) => boolean,
  ) {
    this.#store = store;
    this.#vms = vms;
    this.#versions = vms.map(() => 1);
    this.#published = vms.map((vm) => [digestOf(vm, 1)]);
    this.#kept = Array.from({ length: hosts }, (_, slot) => {
      const facts = vms.map((vm) => {
        const digest = digestOf(vm, 1);
        const role: DefinitionFact['role'] = standbysOf(vm, slot) ? 'standby' : 'active';
        return [vm.index, { vm: vm.uuid, cached: digest, placed: digest, role }] as const;
      });
      return new Map(facts);
    });
  }

  facts(slot: number): readonly DefinitionFact[] {
    return [...(this.#kept[slot]?.values() ?? [])];
  }

  /** The guest's firmware has written its variables anew: the definition on the store is not the newest any more. */
  changed(vm: Vm): void {
    this.#versions[vm.index] = (this.#versions[vm.index] ?? 1) + 1;
  }

  perform(host: Host, libvirtd: Libvirtd, action: DefinitionAction, answer: Answer): void {
    const vm = this.#vms.find((one) => one.uuid === action.vm);
    if (vm === undefined) return;
    switch (action.kind) {
      case 'publish':
        this.#publish(host, libvirtd, vm, action.current, answer);
        return;
      case 'fetch':
        this.#fetch(host, vm, action.digest, answer);
        return;
      case 'place':
        this.#place(host, libvirtd, vm, action, answer);
        return;
      case 'forget':
        this.#kept[host.slot]?.delete(vm.index);
        if (action.undefine) libvirtd.setDefined(vm, false);
        host.later(20, () => answer(done));
        return;
    }
  }

  #publish(host: Host, libvirtd: Libvirtd, vm: Vm, current: string | null, answer: Answer): void {
    libvirtd.look(vm, LIBVIRT_DEADLINE_MS, (domain) => {
      if (domain?.isDefined !== true) {
        answer(domain === null ? noAnswer : failure('hypervisor.no-domain', 'It is not defined here.', true));
        return;
      }
      const digest = digestOf(vm, this.#versions[vm.index] ?? 1);
      const published = (): void => {
        this.#keep(host.slot, vm, { cached: digest, placed: digest, role: 'active' });
        answer({ kind: 'done', value: { kind: 'digest', digest } });
      };
      if (digest === current) {
        published();
        return;
      }
      const landed = (): void => {
        const others = [current, ...(this.#published[vm.index] ?? [])].filter(
          (one) => one !== null && one !== digest,
        );
        this.#published[vm.index] = [digest, ...new Set(others as string[])].slice(0, HALVES);
      };
      this.#transfer(host, true, landed, published, answer);
    });
  }

  #fetch(host: Host, vm: Vm, digest: string, answer: Answer): void {
    let isThere = false;
    const read = (): void => {
      isThere = this.#published[vm.index]?.includes(digest) === true;
    };
    const fetched = (): void => {
      if (!isThere) {
        answer(failure('definition.not-on-store', 'The definition is not on the store.', true));
        return;
      }
      this.#keep(host.slot, vm, { cached: digest });
      answer(done);
    };
    this.#transfer(host, false, read, fetched, answer);
  }

  #place(
    host: Host,
    libvirtd: Libvirtd,
    vm: Vm,
    action: Extract<DefinitionAction, { kind: 'place' }>,
    answer: Answer,
  ): void {
    if (this.#kept[host.slot]?.get(vm.index)?.cached !== action.digest) {
      host.later(1, () => answer(failure('definition.not-cached', 'It is not on this host yet.', true)));
      return;
    }
    libvirtd.look(vm, LIBVIRT_DEADLINE_MS, (domain) => {
      if (domain === null) answer(noAnswer);
      else if (domain.isActive)
        answer(failure('definition.vm-active', 'It runs here; its files are left alone.', true));
      else {
        this.#keep(host.slot, vm, { placed: action.digest, role: action.role });
        libvirtd.setDefined(vm, true);
        answer(done);
      }
    });
  }

  #transfer(host: Host, isWrite: boolean, landed: () => void, then: () => void, answer: Answer): void {
    let isOpen = true;
    const { boot } = host;
    const end = (act: () => void): void => {
      if (isOpen) act();
      isOpen = false;
    };
    this.#store.transfer(host.slot, isWrite, landed, (outcome) => {
      host.run(() => {
        end(() => {
          if (outcome.kind === 'failed')
            answer(failure('store.io-failed', 'The store did not take it.', true));
          else then();
        });
      }, boot);
    });
    host.later(STORE_DEADLINE_MS, () => {
      end(() => answer(failure('store.no-answer', 'The store did not answer in time.', false)));
    });
  }

  #keep(slot: number, vm: Vm, change: Partial<DefinitionFact>): void {
    const kept = this.#kept[slot];
    const before = kept?.get(vm.index) ?? { vm: vm.uuid, cached: null, placed: null, role: 'standby' };
    kept?.set(vm.index, { ...before, ...change });
  }
}

const noAnswer = failure('hypervisor.no-answer', 'libvirt did not answer in time.', false);
