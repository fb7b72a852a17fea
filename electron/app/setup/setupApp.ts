import { type Failure, FailureError } from '../../../agent/protocol/failure.ts';
import type { HostFacts } from '../../backend/facts/facts.ts';
import { asFailure } from '../../backend/failures.ts';
import type { Inventory } from '../../backend/inventory/schema.ts';
import type { SecretVault } from '../../backend/secret.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { SetupKind, SetupStage } from '../../ipc/setup/views.ts';
import type { GroupView } from '../../ipc/views.ts';
import type { FeedName, ValueOf } from '../../ipc/contract.ts';
import type { FeedHub } from '../feedHub.ts';
import { AgentStreams } from './agentStream.ts';
import { CheckDesk, type Scope } from './checkDesk.ts';
import { type GroupSource, groupScope, setupScope, sightOf } from './scopes.ts';
import { type SetupHandlers, setupHandlers } from './handlers.ts';
import { HostAccess } from './hostAccess.ts';
import { keyChangeOf } from './hostForms.ts';
import { InventoryReader } from './inventoryReader.ts';
import { knownHosts, savedSetups } from './hostViews.ts';
import { carriedVersion } from './installFlow.ts';
import { PairDesk } from './pairDesk.ts';
import { discardSetup, keepSetup, noSuchSetup } from './keptSetups.ts';
import { PromptDesk } from './promptDesk.ts';
import { SecretKeeper } from './secretKeeper.ts';
import type { SetupContext } from './setupContext.ts';
import { laterStage, newSetup, type SetupState, setupView, stageOf, stateOf, toSave } from './setupState.ts';
import { WorkBook } from './workBook.ts';

/** Changes within this time become one view. */
const GATHER_MS = 100;
const LOOK_EVERY_MS = 900;
/** A group's first check by itself waits until its window has settled. */
const FIRST_CHECK_AFTER_MS = 60_000;

export interface SetupAppOptions {
  readonly feeds: FeedHub;
  readonly inventoryPath: string;
  readonly agentFolder: string;
  readonly appVersion: string;
  readonly vault: SecretVault | null;
  /** Throws a FailureError when the group is not open. */
  readonly group: (groupId: string) => GroupSource;
  readonly openGroup: (groupId: string) => void;
  readonly closeGroup: (groupId: string) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Setting up, checks, hosts and pairs: everything of the app that logs in to hosts. */
export class SetupApp {
  readonly handlers: SetupHandlers;
  readonly #options: SetupAppOptions;
  readonly #context: SetupContext;
  readonly #pairs: PairDesk;
  readonly #secrets: SecretKeeper;
  readonly #published = new Map<FeedName, string>();
  readonly #streams: AgentStreams;
  readonly #reader: InventoryReader;
  #current: SetupState | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #gathering: NodeJS.Timeout | null = null;
  #watched: readonly string[] = [];

  constructor(options: SetupAppOptions) {
    this.#options = options;
    this.#reader = new InventoryReader(options.inventoryPath);
    const { inventoryPath, agentFolder, feeds } = options;
    const changed = (): void => this.#gather();
    const desk = new PromptDesk((open) => feeds.publish('prompts.open', open));
    this.#secrets = new SecretKeeper(desk, options.vault);
    const access = new HostAccess(inventoryPath, this.#secrets, (name, fault) =>
      this.#noteRefusal(name, fault),
    );
    this.#streams = new AgentStreams(access);
    const noteFacts = (facts: HostFacts): void => this.#noteFacts(facts);
    this.#context = {
      inventoryPath,
      agentFolder,
      desk,
      secrets: this.#secrets,
      access,
      work: new WorkBook(changed),
      checks: new CheckDesk({ access, changed, onFacts: noteFacts }),
      now: () => new Date(),
      current: () => this.#open(),
      save: (state) => this.#save(state),
      changed,
      noteFacts,
      keyConfirmed: (host) => {
        if (this.#current?.keyChange?.host === host) this.#current.keyChange = null;
        changed();
      },
      openGroup: options.openGroup,
      closeGroup: options.closeGroup,
    };
    const sight = (groupId: string) => sightOf(this.#inventory(), options.group(groupId));
    this.#pairs = new PairDesk({ context: this.#context, sight });
    this.handlers = setupHandlers({
      context: this.#context,
      pairs: this.#pairs,
      appVersion: options.appVersion,
      begin: (kind, resume) => this.#begin(kind, resume),
      leave: () => this.#leave(),
      discard: (id) => this.#discard(id),
      scope: (groupId) => this.#scope(groupId),
    });
    this.#publish();
  }

  /** A stream to the agent of a known host. */
  openAgent(host: string): ReturnType<AgentStreams['open']> {
    return this.#streams.open(host);
  }

  /** Does something as root on a known host, by the login that all else uses. A person may be asked for secrets. */
  onHost<Result>(host: string, work: (session: HostSession) => Promise<Result>): Promise<Result> {
    return this.#context.access.on(host, true, work);
  }

  /** With what the app sees of its groups, as often as it looks; once a second is enough. Makes the daily checks. */
  looked(views: readonly GroupView[]): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    const installed = views.filter(({ kind }) => kind === 'installed').map(({ id }) => id);
    for (const gone of this.#watched.filter((id) => !installed.includes(id))) {
      this.#streams.mayAskAgain();
      this.#context.checks.forget(gone);
      this.#pairs.forget(gone);
    }
    this.#watched = installed;
    const now = Date.now();
    for (const id of installed)
      this.#quietly(() => this.#context.checks.open(this.#scope(id), now + FIRST_CHECK_AFTER_MS));
    for (const id of this.#context.checks.due(now)) {
      this.#quietly(() => void this.#context.checks.run(this.#scope(id), false).catch(this.#options.onFault));
    }
    const current = this.#current;
    const group = views.find(({ id }) => id === current?.groupId);
    if (current !== null && group !== undefined) current.protects = group.vms.length > 0;
    this.#publish();
  }

  /** This computer woke up: connections that nobody uses now are most likely dead. */
  resumed(): void {
    this.#context.access.dropIdle();
  }

  /** The app ends: work stops after its present step and can be gone on with the next time. */
  close(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#context.work.stopAll();
    this.#context.desk.cancel();
    this.#context.access.close();
  }

  #open(): SetupState {
    if (this.#current !== null) return this.#current;
    throw new FailureError({
      code: 'setup.not-begun',
      message: 'No set-up is open.',
      fix: 'Begin one, or go on with one that was left.',
    });
  }

  #begin(kind: SetupKind, resume: string | null): string {
    this.#leave();
    const saved = resume === null ? undefined : this.#inventory().setups.find(({ id }) => id === resume);
    if (resume !== null && saved === undefined) throw noSuchSetup();
    this.#current = saved === undefined ? newSetup(kind) : stateOf(saved);
    this.#context.checks.open(setupScope(this.#current, this.#inventory()), null);
    this.#context.checks.setAccepted(null, this.#current.accepted);
    const { id, hosts } = this.#current;
    this.#gather();
    // A set-up that was left: its hosts are read again, so that it goes on where it really stands.
    if (hosts.length > 0) this.#context.checks.run(this.#scope(null), true).catch(this.#options.onFault);
    return id;
  }

  #leave(): void {
    if (this.#current === null) return;
    this.#context.desk.cancel();
    this.#context.work.stopAll(null);
    this.#context.checks.forget(null);
    this.#current = null;
    this.#gather();
  }

  #discard(id: string): void {
    if (this.#current?.id === id) this.#leave();
    discardSetup(this.#options.inventoryPath, id);
    this.#gather();
  }

  #save(state: SetupState): void {
    if (state === this.#current) state.accepted = [...this.#context.checks.accepted(null)];
    keepSetup(this.#options.inventoryPath, toSave(state, this.#stage(state), this.#context.now()));
    this.#gather();
  }

  /** A page that lists what was left says how far it had come. */
  #saveStage(state: SetupState, { setups }: Inventory): void {
    // While its hosts are still being read it is not known to have gone back.
    if (!state.hosts.every((host) => state.facts.has(host))) return;
    const saved = setups.find(({ id }) => id === state.id);
    if (saved !== undefined && saved.stage !== this.#stage(state)) this.#quietly(() => this.#save(state));
  }

  #stage(state: SetupState): SetupStage {
    const version = carriedVersion(this.#options.agentFolder, state);
    const now = stageOf(state, this.#context.checks.viewOf(null), version);
    state.stage = this.#context.work.isSettingUp() ? laterStage(state.stage, now) : now;
    return state.stage;
  }

  #scope(groupId: string | null): Scope {
    if (groupId === null) return setupScope(this.#open(), this.#inventory());
    return groupScope(this.#inventory(), this.#options.group(groupId));
  }

  #noteFacts(facts: HostFacts): void {
    if (this.#current?.hosts.includes(facts.name) !== true) return;
    this.#current.facts.set(facts.name, facts);
    this.#current.reach.set(facts.name, { kind: 'reached' });
    if (this.#current.keyChange?.host === facts.name) this.#current.keyChange = null;
    const state = this.#current;
    this.#quietly(() => this.#findItsGroup(state));
    this.#gather();
  }

  /** The app may have died between the making of the group and the note of it: the hosts know better. */
  #findItsGroup(state: SetupState): void {
    if (state.groupId !== null) return;
    const ids = new Set(state.hosts.map((host) => state.facts.get(host)?.settings?.groupId ?? null));
    const [id] = ids;
    if (ids.size !== 1 || id == null || !this.#inventory().groups.some(({ groupId }) => groupId === id))
      return;
    state.groupId = id;
    this.#options.openGroup(id);
    this.#save(state);
  }

  #noteRefusal(name: string, fault: unknown): void {
    if (this.#current?.hosts.includes(name) !== true) return;
    this.#current.reach.set(name, { kind: 'refused', failure: asFailure(fault) });
    this.#current.keyChange = keyChangeOf(name, fault) ?? this.#current.keyChange;
    this.#gather();
  }

  #inventory(): Inventory {
    return this.#reader.read();
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#publish(), GATHER_MS);
  }

  #publish(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    this.#show('work.recent', this.#context.work.views(performance.now()));
    this.#show('checks.reports', this.#context.checks.views());
    this.#show('pairs.views', this.#pairs.views());
    const inventory = this.#readable();
    if ('code' in inventory) return;
    const state = this.#current;
    if (state !== null) this.#saveStage(state, inventory);
    this.#show('setup.state', state === null ? null : setupView(state, inventory, this.#stage(state)));
    this.#show('setup.saved', savedSetups(inventory));
    this.#show('hosts.known', knownHosts(inventory, this.#secrets));
  }

  /** A damaged inventory is told by `groups.known`; here it only stops the views that need it. */
  #readable(): Inventory | Failure {
    try {
      return this.#inventory();
    } catch (fault) {
      return asFailure(fault);
    }
  }

  /** Only what is new: most looks change nothing. */
  #show<Name extends FeedName>(name: Name, value: ValueOf<Name>): void {
    const text = JSON.stringify(value);
    if (this.#published.get(name) === text) return;
    this.#published.set(name, text);
    this.#options.feeds.publish(name, value);
  }

  #quietly(action: () => void): void {
    try {
      action();
    } catch (fault) {
      // A group that is open but no longer in the inventory, or an inventory that can't be written: `groups.known` says
      // why, and it is tried again at the next look.
      asFailure(fault);
    }
  }
}
