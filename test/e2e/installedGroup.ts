import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathsUnder } from '../../agent/paths.ts';
import type { DemoHandle } from '../../electron/app/demoHandle.ts';
import { OpenGroup } from '../../electron/app/openGroup.ts';
import { demoPrograms } from '../../electron/app/places.ts';
import { INVENTORY_VERSION, type Inventory } from '../../electron/backend/inventory/schema.ts';
import { startTestServer, testKeys, type TestServer } from '../../electron/backend/ssh/testing/sshServer.ts';
import { createDemoMaker } from '../../electron/demo/demoMaker.ts';
import type { VmView } from '../../electron/ipc/views.ts';
import { demoFolderOf } from './runningApp.ts';

const ASK_EVERY_MS = 250;

/**
 * The demo's hosts as a group that was set up earlier: they belong to the test and not to the app, which reaches them over
 * SSH. So they go on, and fail, while the app is closed.
 */
export class InstalledGroup {
  readonly #demo: DemoHandle;
  readonly #watched: OpenGroup;
  readonly #servers: ReadonlyMap<string, TestServer>;
  readonly #key: string;

  private constructor(
    demo: DemoHandle,
    watched: OpenGroup,
    servers: ReadonlyMap<string, TestServer>,
    key: string,
  ) {
    this.#demo = demo;
    this.#watched = watched;
    this.#servers = servers;
    this.#key = key;
  }

  /** Brings both hosts up with their protected VMs running. */
  static async start(): Promise<InstalledGroup> {
    const demo = await createDemoMaker(demoPrograms(), () => undefined).start();
    const folder = demoFolderOf(process.pid);
    const keys = testKeys();
    const servers = new Map<string, TestServer>();
    for (const { name } of demo.source.hosts) {
      const controlSocket = pathsUnder(join(folder, name)).agentSocket;
      servers.set(name, await startTestServer({ authorizedKeys: [keys.public], controlSocket }));
    }
    const watched = new OpenGroup(demo.source, 'test', {
      onChange: () => undefined,
      onEvents: () => undefined,
    });
    const ask: Parameters<DemoHandle['populate']>[0] = (host, method, params, deadlineMs) =>
      watched.call(host, method, params, deadlineMs);
    await demo.populate(ask, new AbortController().signal);
    return new InstalledGroup(demo, watched, servers, keys.private);
  }

  /** Writes the app's list of hosts and groups as the set-up would have left it. */
  writeInventory(config: string): void {
    const folder = join(config, 'understudy');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const keyFile = join(folder, 'test_key');
    writeFileSync(keyFile, this.#key, { mode: 0o600 });
    const auth = { kind: 'key', keyFile } as const;
    const names = this.#demo.source.hosts.map(({ name }) => name);
    const group = {
      name: 'Head office',
      groupId: this.#demo.source.id,
      areaId: this.#demo.source.id,
      areaPath: '/srv/store/understudy.lease',
      hosts: names.map((name, slot) => ({ name, slot })),
    };
    const inventory: Inventory = {
      version: INVENTORY_VERSION,
      revision: 1,
      hosts: [...this.#servers].map(([name, server]) => server.entry(name, { auth })),
      groups: [group],
      setups: [],
    };
    writeFileSync(join(folder, 'inventory.json'), JSON.stringify(inventory), { mode: 0o600 });
  }

  pullPlug(host: string): void {
    this.#demo.pullPlug(host);
  }

  powerOn(host: string): void {
    this.#demo.powerOn(host);
    this.#watched.retryNow(host);
  }

  /** Waits, with the test's own connection to the hosts, until all VMs are as `wanted` says. */
  async until(wanted: (vm: VmView) => boolean, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    for (;;) {
      const { vms } = this.#watched.view();
      if (vms.length > 0 && vms.every(wanted)) return;
      if (performance.now() > deadlineMs) {
        const places = vms.map(({ name, place, word }) => `${name}: ${JSON.stringify(place)} ${word}`);
        throw new Error(`The VMs are not as wanted:\n${places.join('\n')}\n${this.#demo.output()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  async close(): Promise<void> {
    this.#watched.close();
    this.#demo.close();
    for (const server of this.#servers.values()) await server.close();
  }
}
