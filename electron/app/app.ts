import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { FailureError, type Failure } from '../../agent/protocol/failure.ts';
import { asFailure } from '../backend/failures.ts';
import { DailyApp } from './daily/dailyApp.ts';
import type { Handlers, InputOf } from '../ipc/contract.ts';
import type { AppOptions } from './appOptions.ts';
import type { DemoHandle } from './demoHandle.ts';
import { EventLog } from './eventLog.ts';
import { createFeedHub, type FeedHub } from './feedHub.ts';
import { installedGroups, installedSource } from './installedGroups.ts';
import { knownGroups } from './knownGroups.ts';
import { OpenGroup, type GroupSource } from './openGroup.ts';
import { PreferencesFile } from './preferencesFile.ts';
import { RunBook } from './runBook.ts';
import { agentBundles } from './places.ts';
import { SetupApp } from './setup/setupApp.ts';

/** A beat of the window: views at least this often, one sample of every heartbeat. */
const BEAT_MS = 1_000;
/** Changes within this time become one view, so that a burst of reports does not flood the window. */
const GATHER_MS = 100;
/** A guest may take minutes to shut down; the run fails on its own signs long before this. */
const SWITCHOVER_WITHIN_MS = 3_900_000;
/** How often the list of installed groups is read again: the console may have set one up. */
const INVENTORY_EVERY_BEATS = 5;
/** Groups that one app watches: far above any shop. */
const MAX_OPEN_GROUPS = 8;

const refuse = (failure: Failure): FailureError => new FailureError(failure);

/** The app behind the window, whatever carries it: owns the groups, answers calls, publishes feeds. */
export class App {
  readonly feeds: FeedHub = createFeedHub();
  readonly handlers: Handlers;
  readonly #options: AppOptions;
  readonly #groups = new Map<string, OpenGroup>();
  readonly #events = new EventLog();
  readonly #runs = new RunBook();
  readonly #beat: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | null = null;
  #demo: { readonly handle: DemoHandle; readonly stop: AbortController } | null = null;
  #startingDemo = false;
  #beats = 0;
  readonly #preferences: PreferencesFile;
  readonly #daily: DailyApp;
  readonly #setup: SetupApp;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#preferences = new PreferencesFile(options.preferencesPath);
    this.#daily = this.#createDaily();
    this.#setup = this.#createSetup();
    const { refused, standIns } = options.demo;
    this.feeds.publish('app.info', { ...options.info, demoRefused: refused, demoStandIns: standIns });
    this.feeds.publish('app.preferences', { theme: this.#preferences.chosen.theme });
    this.#publishEvents();
    this.handlers = this.#createHandlers();
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS);
    this.#onBeat();
  }

  /** Ends the demo group with all its processes; installed hosts go on by themselves. */
  close(): void {
    clearInterval(this.#beat);
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    for (const id of this.#groups.keys()) this.#closeGroup(id);
    this.#daily.close();
    this.#setup.close();
  }

  /** The computer woke up, or its network changed: links are tried at once instead of at their next turn. */
  resumed(): void {
    this.#setup.resumed();
    for (const group of this.#groups.values()) group.retryNow(null);
  }

  /** Something changed that no report tells of: a plug was pulled, a demo host boots again. */
  changed(): void {
    this.#gather();
  }

  /** What the processes of the demo group printed last; empty without one. */
  demoOutput(): string {
    return this.#demo?.handle.output() ?? '';
  }

  #createHandlers(): Handlers {
    return {
      'app.setTheme': async ({ theme }) => {
        this.feeds.publish('app.preferences', { theme });
        this.#preferences.change({ theme });
        return null;
      },
      'groups.startDemo': async () => ({ groupId: await this.#startDemo() }),
      'groups.open': async ({ groupId }) => {
        if (!this.#groups.has(groupId)) this.#openInstalled(groupId);
        return null;
      },
      'groups.close': async ({ groupId }) => {
        this.#closeGroup(this.#group(groupId).source.id);
        this.#publishKnown();
        this.#publishViews();
        return null;
      },
      'vms.check': async ({ groupId, vmId }) => {
        const group = this.#group(groupId);
        const { name, holder, reportedBy } = group.vm(vmId);
        return (await group.call(holder ?? reportedBy, 'checkVm', { vm: name })).findings;
      },
      'vms.switchOver': async (asked) => ({ runId: this.#switchOver(asked) }),
      'demo.pullPlug': async ({ groupId, host }) => {
        this.#demoHandle(groupId).pullPlug(host);
        return null;
      },
      'demo.powerOn': async ({ groupId, host }) => {
        this.#demoHandle(groupId).powerOn(host);
        this.#group(groupId).retryNow(host);
        return null;
      },
      ...this.#setup.handlers,
      ...this.#daily.handlers,
    };
  }

  #createDaily(): DailyApp {
    const { inventoryPath, preferencesPath, info, desktop, agentFolder, onFault } = this.#options;
    return new DailyApp({
      feeds: this.feeds,
      runs: this.#runs,
      preferences: this.#preferences,
      inventoryPath,
      configFolder: dirname(preferencesPath),
      appVersion: info.version,
      agentFolder: agentFolder ?? agentBundles,
      desktop: desktop ?? null,
      onHost: (host, work) => this.#setup.onHost(host, work),
      group: (groupId) => this.#group(groupId),
      groups: () => [...this.#groups.values()],
      events: () => this.#events.all(),
      changed: () => this.#gather(),
      onFault,
    });
  }

  #createSetup(): SetupApp {
    const { inventoryPath, info, onFault, secrets, agentFolder } = this.#options;
    return new SetupApp({
      feeds: this.feeds,
      inventoryPath,
      agentFolder: agentFolder ?? agentBundles,
      appVersion: info.version,
      vault: secrets ?? null,
      group: (groupId) => this.#group(groupId),
      openGroup: (groupId) => {
        if (!this.#groups.has(groupId)) this.#openInstalled(groupId);
      },
      closeGroup: (groupId) => this.#closeGroup(groupId),
      onFault,
    });
  }

  #group(groupId: string): OpenGroup {
    const group = this.#groups.get(groupId);
    if (group !== undefined) return group;
    throw refuse({ code: 'app.group-not-open', message: 'This group is not open.', field: 'groupId' });
  }

  #demoHandle(groupId: string): DemoHandle {
    if (this.#demo !== null && this.#demo.handle.source.id === groupId) return this.#demo.handle;
    const message = 'Only hosts of the demo group have a plug that can be pulled here.';
    throw refuse({ code: 'app.not-a-demo', message, field: 'groupId' });
  }

  async #startDemo(): Promise<string> {
    if (this.#demo !== null) return this.#demo.handle.source.id;
    const { demo, onFault } = this.#options;
    if (demo.refused !== null) throw refuse({ code: 'demo.refused', message: demo.refused });
    if (this.#startingDemo)
      throw refuse({ code: 'demo.starting', message: 'The demo group is starting already.' });
    this.#startingDemo = true;
    try {
      const handle = await demo.start();
      const stop = new AbortController();
      this.#demo = { handle, stop };
      const group = this.#open(handle.source);
      handle
        .populate(
          (host, method, params, deadlineMs) => group.call(host, method, params, deadlineMs),
          stop.signal,
        )
        .catch(onFault);
      return handle.source.id;
    } finally {
      this.#startingDemo = false;
    }
  }

  #openInstalled(groupId: string): void {
    const { inventoryPath } = this.#options;
    const entry = installedGroups(inventoryPath).find((group) => group.groupId === groupId);
    if (entry === undefined) {
      const message = 'No group of this id was set up from this computer.';
      throw refuse({ code: 'app.unknown-group', message, field: 'groupId' });
    }
    this.#open(installedSource(inventoryPath, entry, (host) => this.#setup.openAgent(host)));
  }

  #open(source: GroupSource): OpenGroup {
    if (this.#groups.size >= MAX_OPEN_GROUPS) {
      const message = `${MAX_OPEN_GROUPS} groups are open already.`;
      throw refuse({ code: 'app.too-many-groups', message, fix: 'Close one of them.' });
    }
    const group = new OpenGroup(source, `${hostname()}, ${this.#options.info.transport}`.slice(0, 80), {
      onChange: () => this.#gather(),
      onEvents: (groupId, events, live) => {
        const added = this.#events.add(groupId, events);
        if (added.length === 0) return;
        // Nobody is ever away from the demo group: it ends with the app.
        this.#daily.heard(groupId, added, live || source.kind === 'demo');
        this.#publishEvents();
      },
    });
    this.#groups.set(source.id, group);
    this.#publishKnown();
    this.#publishViews();
    return group;
  }

  #closeGroup(id: string): void {
    this.#groups.get(id)?.close();
    this.#groups.delete(id);
    this.#events.forget(id);
    this.#runs.forget(id);
    this.#daily.closed(id, this.#demo?.handle.source.id === id);
    if (this.#demo?.handle.source.id === id) {
      this.#demo.stop.abort();
      this.#demo.handle.close();
      this.#demo = null;
    }
    this.#publishEvents();
  }

  #switchOver({ groupId, vmId, to, how }: InputOf<'vms.switchOver'>): string {
    const group = this.#group(groupId);
    const vm = group.vm(vmId);
    const at = vm.holder ?? vm.reportedBy;
    const isLive = how !== 'shutdown';
    const expectedPauseMs = this.#daily.expectedPauseMs(group, vm, to, isLive);
    const runId = this.#runs.begin(groupId, vm, { to, isLive, expectedPauseMs }, performance.now());
    // Agents that know one way only don't know the word.
    const params = { vm: vm.name, to, ...(isLive ? { how } : {}) };
    group.call(at, 'switchover', params, SWITCHOVER_WITHIN_MS).catch((fault: unknown) => {
      // Still under way: the run goes on, and is judged by what the hosts report.
      if (fault instanceof FailureError && fault.failure.code === 'control.deadline') return;
      this.#runs.fail(runId, asFailure(fault), performance.now());
      this.#gather();
    });
    this.#gather();
    return runId;
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => void this.#publishViews(), GATHER_MS);
  }

  #onBeat(): void {
    const views = this.#publishViews();
    if (this.#beats % INVENTORY_EVERY_BEATS === 0) this.#publishKnown();
    this.#beats += 1;
    const beats = views.flatMap((view) => {
      const group = this.#groups.get(view.id);
      return group === undefined ? [] : [{ groupId: view.id, series: group.sample(view) }];
    });
    this.feeds.publish('groups.beats', beats);
  }

  #publishViews() {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    const views = [...this.#groups.values()].map((group) => group.view());
    const nowMs = performance.now();
    for (const view of views) this.#runs.observe(view, nowMs);
    this.feeds.publish('groups.views', views);
    this.feeds.publish('runs.recent', this.#runs.views(nowMs));
    this.#daily.looked(views);
    this.#setup.looked(views);
    return views;
  }

  #publishEvents(): void {
    this.feeds.publish('events.recent', this.#events.all());
  }

  #publishKnown(): void {
    const isOpen = (id: string): boolean => this.#groups.has(id);
    const demo = this.#demo?.handle.source ?? null;
    this.feeds.publish('groups.known', knownGroups(this.#options.inventoryPath, demo, isOpen));
  }
}
