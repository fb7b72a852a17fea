import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { AREA_BYTES, definitionBlock } from '../core/area.ts';
import type { IoOutcome } from '../core/keeper/types.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import type { Hypervisor, StoredDefinition } from '../hypervisor/hypervisor.ts';
import type { StoreAccess } from '../keeper/openStoreLane.ts';
import { FailureError } from '../protocol/failure.ts';
import { bundleDigest, packBundle, unpackBundle } from './bundle.ts';
import { DefinitionCache } from './cache.ts';
import { Definitions } from './definitions.ts';
import { type Accounts, mayPlaceNvram } from './files.ts';
import { DefinitionRegion } from './region.ts';

const VM = '7d8f3c52-0a1b-4c2d-8e3f-000000000001';
const AREA = '7d8f3c52-0a1b-4c2d-8e3f-0000000000aa';
const nobody: Accounts = {
  userName: () => null,
  groupName: () => null,
  userId: () => null,
  groupId: () => null,
};

/** The store as a piece of memory that can be made to fail. */
class FakeStore implements StoreAccess {
  readonly bytes = new Uint8Array(AREA_BYTES);
  fault: IoOutcome | null = null;

  read(block: number, blocks: number): Promise<IoOutcome> {
    const from = block * BLOCK_BYTES;
    const data = this.bytes.slice(from, from + blocks * BLOCK_BYTES);
    return Promise.resolve(this.fault ?? { kind: 'read', data });
  }

  write(block: number, data: Uint8Array): Promise<IoOutcome> {
    if (this.fault === null) this.bytes.set(data, block * BLOCK_BYTES);
    return Promise.resolve(this.fault ?? { kind: 'written' });
  }

  close(): void {}
}

/** Only what definitions need of a hypervisor. */
function fakeHypervisor(domains: Map<string, StoredDefinition>): Hypervisor {
  const missing = (): never => {
    throw new Error('not part of this test');
  };
  return {
    mover: null,
    driller: null,
    start: missing,
    stop: missing,
    createPaused: missing,
    resume: missing,
    shutdown: missing,
    destroy: missing,
    reset: missing,
    counters: missing,
    guestAgent: { guestPing: missing, guestRun: missing, guestBeat: missing },
    screenshot: missing,
    announce: missing,
    networks: missing,
    changed: missing,
    inspect: missing,
    definition: (vm) => Promise.resolve(domains.get(vm) ?? null),
    define: (vm, xml) => Promise.resolve(void domains.set(vm, { xml, autostart: false, isActive: false })),
    setAutostart: (vm, autostart) => {
      const known = domains.get(vm);
      if (known) domains.set(vm, { ...known, autostart });
      return Promise.resolve();
    },
    undefine: (vm) => Promise.resolve(void domains.delete(vm)),
  };
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function host(store: StoreAccess, defined: StoredDefinition | null = null) {
  const libDir = await mkdtemp(join(tmpdir(), 'understudy-definitions-'));
  folders.push(libDir);
  const domains = new Map(defined === null ? [] : [[VM, defined]]);
  const open = async () =>
    new Definitions({
      hypervisor: fakeHypervisor(domains),
      cache: await DefinitionCache.open(libDir),
      region: new DefinitionRegion(store, AREA),
      accounts: nobody,
      hasFiles: false,
    });
  return { domains, definitions: await open(), open };
}

const digestOf = async (definitions: Definitions, current: string | null): Promise<string> => {
  const value = await definitions.perform({ kind: 'publish', vm: VM, token: 3, current });
  return value.kind === 'digest' ? value.digest : '';
};

describe('definitions', () => {
  test('what the holder publishes is fetched and placed by the standby, and survives a restart there', async () => {
    const store = new FakeStore();
    const holder = await host(store, { xml: '<domain>ä</domain>', autostart: true, isActive: true });
    const standby = await host(store);
    const digest = await digestOf(holder.definitions, null);
    await standby.definitions.perform({ kind: 'fetch', vm: VM, token: 3, digest });
    await standby.definitions.perform({ kind: 'place', vm: VM, digest, role: 'standby' });
    expect(standby.domains.get(VM)).toEqual({ xml: '<domain>ä</domain>', autostart: false, isActive: false });
    const again = await standby.open();
    expect(again.facts()).toEqual([{ vm: VM, cached: digest, placed: digest, role: 'standby' }]);
  });

  test('publishing takes autostart off and remembers it; forgetting on the holder puts it back', async () => {
    const holder = await host(new FakeStore(), { xml: '<domain/>', autostart: true, isActive: true });
    const first = await digestOf(holder.definitions, null);
    expect(holder.domains.get(VM)?.autostart).toBe(false);
    expect(await digestOf(holder.definitions, first)).toBe(first);
    await holder.definitions.perform({ kind: 'forget', vm: VM, undefine: false });
    expect(holder.domains.get(VM)?.autostart).toBe(true);
    expect(holder.definitions.facts()).toEqual([]);
  });

  test('a new definition leaves the one that the note names in place', async () => {
    const store = new FakeStore();
    const holder = await host(store, { xml: '<domain>1</domain>', autostart: false, isActive: true });
    const region = new DefinitionRegion(store, AREA);
    const first = await digestOf(holder.definitions, null);
    holder.domains.set(VM, { xml: '<domain>2</domain>', autostart: false, isActive: true });
    const second = await digestOf(holder.definitions, first);
    expect(second).not.toBe(first);
    expect(await region.read(3, first)).toContain('<domain>1</domain>');
    expect(await region.read(3, second)).toContain('<domain>2</domain>');
  });

  test('a definition that did not change is not written again, and one edited without an event is', async () => {
    const store = new FakeStore();
    const holder = await host(store, { xml: '<domain>1</domain>', autostart: false, isActive: true });
    const first = await digestOf(holder.definitions, null);
    store.fault = { kind: 'failed', error: 'nobody should write' };
    expect(await digestOf(holder.definitions, first)).toBe(first);
    store.fault = null;
    holder.domains.set(VM, { xml: '<domain>2</domain>', autostart: false, isActive: true });
    expect(await digestOf(holder.definitions, first)).not.toBe(first);
  });

  test('a damaged or foreign half is never taken for a definition', async () => {
    const store = new FakeStore();
    const holder = await host(store, { xml: '<domain/>', autostart: false, isActive: true });
    const digest = await digestOf(holder.definitions, null);
    const region = new DefinitionRegion(store, AREA);
    const foreign = new DefinitionRegion(store, VM);
    await expect(foreign.read(3, digest)).rejects.toMatchObject({
      failure: { code: 'definition.not-on-store' },
    });
    const at = definitionBlock(3, 0) * BLOCK_BYTES + 200;
    store.bytes[at] = (store.bytes[at] ?? 0) ^ 1;
    await expect(region.read(3, digest)).rejects.toMatchObject({
      failure: { code: 'definition.not-on-store' },
    });
  });

  test('a store that fails or does not answer is said to have failed', async () => {
    const store = new FakeStore();
    const holder = await host(store, { xml: '<domain/>', autostart: false, isActive: true });
    store.fault = { kind: 'late' };
    await expect(digestOf(holder.definitions, null)).rejects.toBeInstanceOf(FailureError);
    store.fault = { kind: 'failed', error: 'EIO' };
    await expect(digestOf(holder.definitions, null)).rejects.toMatchObject({
      failure: { code: 'definition.store-io', message: expect.stringContaining('EIO') },
    });
  });

  test('nothing is placed under a VM that runs here', async () => {
    const store = new FakeStore();
    const holder = await host(store, { xml: '<domain>new</domain>', autostart: false, isActive: true });
    const other = await host(store, { xml: '<domain>old</domain>', autostart: false, isActive: true });
    const digest = await digestOf(holder.definitions, null);
    await other.definitions.perform({ kind: 'fetch', vm: VM, token: 3, digest });
    await expect(
      other.definitions.perform({ kind: 'place', vm: VM, digest, role: 'standby' }),
    ).rejects.toMatchObject({ failure: { code: 'definition.vm-active' } });
    expect(other.domains.get(VM)?.xml).toBe('<domain>old</domain>');
  });

  test('a packed bundle is unpacked only if it is the one that was named', () => {
    const packed = packBundle('text');
    expect(unpackBundle(packed, bundleDigest('text'))).toBe('text');
    expect(unpackBundle(packed, bundleDigest('other'))).toBeNull();
    expect(unpackBundle('garbage', bundleDigest('text'))).toBeNull();
  });

  test('UEFI variables are written only where libvirt keeps them', () => {
    expect(mayPlaceNvram('/var/lib/libvirt/qemu/nvram/web_VARS.fd')).toBe(true);
    expect(mayPlaceNvram('/var/lib/libvirt/qemu/nvram/../../../../etc/shadow')).toBe(false);
    expect(mayPlaceNvram('/etc/passwd')).toBe(false);
  });
});
