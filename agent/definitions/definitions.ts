import type { DefinitionAction, DefinitionFact, OperationValue } from '../core/engine/types.ts';
import { type DomainFiles, domainFiles } from '../hypervisor/domainXml.ts';
import type { Hypervisor, StoredDefinition } from '../hypervisor/hypervisor.ts';
import { FailureError } from '../protocol/failure.ts';
import {
  type Bundle,
  type BundledFile,
  bundleDigest,
  bundleText,
  packBundle,
  parseBundle,
} from './bundle.ts';
import type { DefinitionCache } from './cache.ts';
import { type Accounts, fileStamps, placeNvram, placeTpm, readBundled, readTpm } from './files.ts';
import type { DefinitionRegion } from './region.ts';

const HYPERVISOR_DEADLINE_MS = 15_000;

export interface DefinitionsOptions {
  readonly hypervisor: Hypervisor;
  readonly cache: DefinitionCache;
  readonly region: DefinitionRegion;
  readonly accounts: Accounts;
  /** Demo definitions are no XML and have no files. */
  readonly hasFiles: boolean;
}

/** Carries the engine's definition actions out, one at a time for each VM. */
export class Definitions {
  readonly #options: DefinitionsOptions;
  readonly #busy = new Map<string, Promise<unknown>>();
  /** What was last published of each VM: most looks find nothing new, and need not read the files. */
  readonly #published = new Map<string, { xml: string; stamps: string; digest: string }>();

  constructor(options: DefinitionsOptions) {
    this.#options = options;
  }

  facts(): readonly DefinitionFact[] {
    return this.#options.cache.facts();
  }

  /** What this host would start the VM from. Null when it has no copy of it yet. */
  bundle(vm: string): Bundle | null {
    const text = this.#options.cache.get(vm)?.text ?? null;
    return text === null ? null : parseBundle(text, vm);
  }

  /** Rejects with `FailureError`, `HypervisorError` or an error of the file system. Deadlines are those of its parts. */
  async perform(action: DefinitionAction): Promise<OperationValue> {
    const before = this.#busy.get(action.vm) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.#act(action));
    this.#busy.set(action.vm, mine);
    try {
      return await mine;
    } finally {
      if (this.#busy.get(action.vm) === mine) this.#busy.delete(action.vm);
    }
  }

  #act(action: DefinitionAction): Promise<OperationValue> {
    switch (action.kind) {
      case 'publish':
        return this.#publish(action.vm, action.token, action.current);
      case 'fetch':
        return this.#fetch(action.vm, action.token, action.digest);
      case 'place':
        return this.#place(action.vm, action.digest, action.role);
      case 'forget':
        return this.#forget(action.vm, action.undefine);
    }
  }

  async #publish(vm: string, token: number, current: string | null): Promise<OperationValue> {
    const { hypervisor, cache, region } = this.#options;
    const stored = await hypervisor.definition(vm, HYPERVISOR_DEADLINE_MS);
    if (stored === null)
      throw new FailureError({ code: 'hypervisor.no-domain', message: 'It is not defined here.' });
    const { hasFiles } = this.#options;
    const files = hasFiles ? domainFiles(stored.xml) : { nvram: null, hasEmulatedTpm: false };
    const stamps = await fileStamps(vm, files.nvram, files.hasEmulatedTpm);
    const seen = this.#published.get(vm);
    const isSame = seen?.xml === stored.xml && seen.stamps === stamps && seen.digest === current;
    if (isSame && !stored.autostart) return { kind: 'digest', digest: seen.digest };
    const text = bundleText(await this.#collect(vm, stored, files));
    const digest = bundleDigest(text);
    if (stored.autostart) await hypervisor.setAutostart(vm, false, HYPERVISOR_DEADLINE_MS);
    if (digest !== current) await region.write(token, digest, packBundle(text), current);
    this.#published.set(vm, { xml: stored.xml, stamps, digest });
    const known = cache.get(vm);
    const isKnown = known?.cached === digest && known.placed === digest && known.role === 'active';
    // What counts is on the store now. A full disk here costs the copy for the time when the store is away.
    if (!isKnown)
      await cache.put({ vm, cached: digest, placed: digest, role: 'active', text }).catch(() => {});
    return { kind: 'digest', digest };
  }

  async #collect(vm: string, stored: StoredDefinition, files: DomainFiles): Promise<Bundle> {
    const { accounts, cache } = this.#options;
    const known = cache.get(vm)?.text;
    const before = known === undefined || known === null ? null : parseBundle(known, vm);
    const nvram = files.nvram === null ? null : await readBundled(files.nvram, files.nvram, accounts);
    const tpm = files.hasEmulatedTpm ? await readTpm(vm, accounts) : [];
    return {
      version: 1,
      vm,
      xml: stored.xml,
      // Once protected, autostart is off; what it was before is what is put back one day.
      autostart: before?.autostart ?? stored.autostart,
      nvram: nvram === null ? null : sameOwner(nvram, before?.nvram ?? null),
      tpm: tpm.map((file) => sameOwner(file, before?.tpm.find((one) => one.path === file.path) ?? null)),
    };
  }

  async #fetch(vm: string, token: number, digest: string): Promise<OperationValue> {
    const { cache, region } = this.#options;
    const text = await region.read(token, digest);
    if (parseBundle(text, vm) === null) {
      throw new FailureError({
        code: 'definition.foreign',
        message: 'The definition on the store is not this VM.',
      });
    }
    const known = cache.get(vm);
    await cache.put({
      vm,
      cached: digest,
      placed: known?.placed ?? null,
      role: known?.role ?? 'standby',
      text,
    });
    return { kind: 'nothing' };
  }

  async #place(vm: string, digest: string, role: DefinitionFact['role']): Promise<OperationValue> {
    const { hypervisor, cache, accounts } = this.#options;
    const entry = cache.get(vm);
    const bundle = entry?.cached === digest && entry.text !== null ? parseBundle(entry.text, vm) : null;
    if (!entry || bundle === null) {
      throw new FailureError({
        code: 'definition.not-cached',
        message: 'Its definition is not on this host yet.',
      });
    }
    const stored = await hypervisor.definition(vm, HYPERVISOR_DEADLINE_MS);
    if (stored?.isActive === true) {
      throw new FailureError({
        code: 'definition.vm-active',
        message: 'It runs here; its files are left alone.',
      });
    }
    // Says "nothing is placed" first: a half-placed definition must not be taken for a whole one.
    await cache.put({ ...entry, placed: null, role });
    if (bundle.nvram !== null) await placeNvram(bundle.nvram, accounts);
    await placeTpm(vm, bundle.tpm, accounts);
    await hypervisor.define(vm, bundle.xml, HYPERVISOR_DEADLINE_MS);
    await cache.put({ ...entry, placed: digest, role });
    return { kind: 'nothing' };
  }

  async #forget(vm: string, undefine: boolean): Promise<OperationValue> {
    const { hypervisor, cache } = this.#options;
    const entry = cache.get(vm);
    const stored = await hypervisor.definition(vm, HYPERVISOR_DEADLINE_MS);
    if (undefine && stored !== null && !stored.isActive) {
      await hypervisor.undefine(vm, HYPERVISOR_DEADLINE_MS);
    }
    const text = entry?.text ?? null;
    const bundle = text === null ? null : parseBundle(text, vm);
    if (!undefine && stored !== null && bundle?.autostart === true) {
      await hypervisor.setAutostart(vm, true, HYPERVISOR_DEADLINE_MS);
    }
    await cache.remove(vm);
    this.#published.delete(vm);
    return { kind: 'nothing' };
  }
}

/** libvirt changes owners with each start and stop of the VM; that alone makes no new definition. */
function sameOwner(file: BundledFile, before: BundledFile | null): BundledFile {
  return before !== null && before.content === file.content ? before : file;
}
