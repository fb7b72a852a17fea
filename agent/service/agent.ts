import type { ControlServer } from '../control/server.ts';
import type { NetworkGap } from '../core/engine/description.ts';
import { createEngine } from '../core/engine/state.ts';
import { conditionOf } from '../core/engine/condition.ts';
import type { HeartbeatFacts } from '../heartbeat/facts.ts';
import type { Status } from '../protocol/control.ts';
import type { HypervisorReport } from '../hypervisor/hypervisor.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { SignStatus } from '../protocol/hostSigns.ts';
import { Moves } from '../move/moves.ts';
import { readGroupKey } from '../heartbeat/groupKey.ts';
import { loadConfigCopy } from '../keeper/configCopy.ts';
import { DefinitionLook, LOOK_AT_DEFINITIONS_EVERY_MS } from './definitionLook.ts';
import { EngineShell } from './engineShell.ts';
import type { Ground } from './ground.ts';
import { isHookInstalled, readMemory } from './hostFacts.ts';
import { KeeperLink } from './keeperLink.ts';
import { keeperEvent } from './keeperStory.ts';
import { EngineMemoryFile } from './memoryFile.ts';
import { NotifyDesk } from '../notify/desk.ts';
import { lookFrom } from '../notify/look.ts';
import { engineIdOf } from '../notify/trap.ts';
import { engineStatus } from '../core/engine/status.ts';
import { openDrills } from './openDrills.ts';
import { openControl, statusOf } from './openControl.ts';
import { Peers } from './peers.ts';
import { LOOK_AT_SIGNS_EVERY_MS, SignWatch } from '../signs/signWatch.ts';
import { LOOK_AT_UPLINKS_EVERY_MS, UplinkWatch } from './uplinkWatch.ts';

/** The engine's own clock while something is being done: short against every step it waits for. */
const TICK_MS = 250;
const MINUTE_MS = 60_000;
/** At rest every input is a look around anyway; the clock only bounds the time between two. */
const IDLE_TICK_MS = 1000;
const PEERS_EVERY_MS = 1000;
const HOST_EVERY_MS = 10_000;
/** A bridge that is taken away or renamed is told by nobody, and has to be seen within 10 s. */
const NETWORKS_EVERY_MS = 4000;
const NETWORKS_DEADLINE_MS = 4000;
/** People are told after seconds, not milliseconds. */
const NOTIFY_EVERY_MS = 1000;
const FROM_PEER_DEADLINE_MS = 1000;

/** The agent's parts, tied together: everything that happens becomes an input of the engine. */
export class Agent {
  readonly #ground: Ground;
  readonly #keeper: KeeperLink;
  readonly #shell: EngineShell;
  readonly #peers: Peers;
  readonly #notify: NotifyDesk;
  readonly #moves: Moves;
  readonly #drilling: ReturnType<typeof openDrills>;
  #control: ControlServer | null = null;
  #hasKeeper = true;
  #networkGaps: readonly NetworkGap[] = [];
  #isLookingAtNetworks = false;
  readonly #definitions: DefinitionLook;
  readonly #uplinks: UplinkWatch;
  /** The hosts of the demo are no machines of their own. */
  readonly #signs: SignWatch | null;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(ground: Ground) {
    const { paths, settings, bootId, agentVersion, nowMs, tell, hypervisor, definitions } = ground;
    this.#ground = ground;
    const memory = new EngineMemoryFile(paths, bootId);
    this.#moves = this.#openMoves();
    this.#keeper = new KeeperLink(paths.keeperSocket, agentVersion, {
      connected: () => {
        this.#hasKeeper = true;
        tell({ code: 'keeper.connected', level: 'info', text: 'The keeper answers.' });
      },
      lost: (error) => this.#lostKeeper(error),
      view: (view) => {
        if (view.config !== null) this.#configure(view.config);
        this.#shell.feed({ kind: 'view', view });
      },
      toPeer: (to, message) => this.#peers.send(to, message),
      event: (code, facts) => {
        const config = this.#shell.engine.view?.config ?? null;
        tell(keeperEvent(code, facts, config, settings.hostName));
      },
    });
    this.#shell = new EngineShell({
      engine: createEngine({
        slot: settings.slot,
        hostName: settings.hostName,
        needsRealTime: settings.hypervisor !== 'demo',
        memory: memory.load(),
        definitions: definitions.facts(),
      }),
      nowMs,
      keeper: this.#keeper,
      hypervisor,
      definitions,
      moves: this.#moves,
      tell,
      remember: (state) => memory.save(state),
      changed: () => {
        this.#drilling.drills.look();
        this.#control?.statusChanged();
      },
    });
    this.#drilling = openDrills(ground, () => this.#shell.engine, this.#moves);
    this.#definitions = new DefinitionLook(hypervisor, this.#shell);
    this.#uplinks = new UplinkWatch(this.#shell);
    const tellSigns = (readings: readonly SignStatus[]): void =>
      this.#shell.feed({ kind: 'signs', readings });
    this.#signs = settings.hypervisor === 'libvirt' ? new SignWatch(nowMs, tellSigns) : null;
    this.#peers = new Peers({
      slot: settings.slot,
      keyFile: paths.groupKey,
      nowMs,
      facts: () => this.#heartbeatFacts(),
      onMessage: (from, message) => {
        // A lost message is as if the network had lost it: the asking keeper asks again.
        this.#keeper.request({ kind: 'fromPeer', from, message }, FROM_PEER_DEADLINE_MS).catch(() => {});
      },
      notify: () => this.#notify.beat(),
      onNotify: (from, said) => this.#notify.heardBeat(from, said),
      tell,
    });
    this.#notify = this.#openNotify();
  }

  #openMoves(): Moves {
    const { paths, settings, hypervisor } = this.#ground;
    return new Moves({
      slot: settings.slot,
      readKey: () => readGroupKey(paths.groupKey),
      mover: hypervisor.mover,
      command: (command) => this.#shell.command(command),
      copyDisks: (ask) => this.#drilling.copies.copy(ask),
    });
  }

  #openNotify(): NotifyDesk {
    const { paths, settings, nowMs, tell } = this.#ground;
    const { slot, hostName, groupId } = settings;
    return new NotifyDesk({
      slot,
      hostName,
      engineId: engineIdOf(groupId, slot),
      settingsPath: paths.notifySettings,
      memoryPath: paths.notifyMemory,
      nowMs,
      wallMs: () => Date.now(),
      tell,
      status: () => statusOf(this.#ground, this.#shell, this.#peers, this.#moves),
      look: () => lookFrom(engineStatus(this.#shell.engine, nowMs()), this.#peers.facts(), slot),
    });
  }

  async start(): Promise<void> {
    const { paths, settings, agentVersion, tell, log, hypervisor } = this.#ground;
    const known = await loadConfigCopy(paths, log);
    const status = (): Status => statusOf(this.#ground, this.#shell, this.#peers, this.#moves);
    this.#control = await openControl(
      this.#ground,
      this.#shell,
      status,
      this.#notify,
      this.#moves,
      this.#keeper,
      this.#drilling.drills,
    );
    this.#ground.journal.subscribe((event) => this.#notify.heard(event));
    this.#notify.start();
    if (known !== null) this.#configure(known);
    tell({
      code: 'agent.started',
      level: 'info',
      text: `The agent ${agentVersion} of ${settings.hostName} has started.`,
      facts: { version: agentVersion, pid: process.pid },
    });
    // Before the first view: the end of a pause that is found there is told by it.
    this.#lookAtHost();
    this.#keeper.start();
    hypervisor.start((report) => this.#heard(report));
    void this.#drilling.drills.clear();
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#shell.feed({ kind: 'peers', peers: this.#peers.facts() }), PEERS_EVERY_MS),
      setInterval(() => this.#lookAtHost(), HOST_EVERY_MS),
      setInterval(() => void this.#lookAtNetworks(), NETWORKS_EVERY_MS),
      setInterval(() => void this.#uplinks.look(), LOOK_AT_UPLINKS_EVERY_MS),
      setInterval(() => void this.#signs?.look(), LOOK_AT_SIGNS_EVERY_MS),
      setInterval(() => this.#notify.look(), NOTIFY_EVERY_MS),
      setInterval(() => void this.#definitions.look(), LOOK_AT_DEFINITIONS_EVERY_MS),
    ];
  }

  /** VMs and the keeper go on. */
  async stop(): Promise<void> {
    const { tell, hypervisor, journal, closeStore } = this.#ground;
    for (const timer of this.#timers) clearInterval(timer);
    tell({ code: 'agent.stopped', level: 'info', text: 'The agent ends. VMs and keeper go on.' });
    this.#drilling.copies.close();
    await this.#drilling.drills.close();
    this.#keeper.stop();
    this.#notify.close();
    this.#peers.close();
    this.#moves.close();
    closeStore();
    await Promise.all([this.#control?.close(), hypervisor.stop(), journal.close()]);
  }

  #configure(config: GroupConfig): void {
    this.#peers.configure(config);
    this.#moves.configure(config);
  }

  #heard(report: HypervisorReport): void {
    switch (report.kind) {
      case 'domains':
        return this.#shell.feed({ kind: 'hypervisor', version: report.version, domains: report.domains });
      case 'lost':
        return this.#shell.feed({ kind: 'hypervisorLost', error: report.error });
      case 'domain':
        return this.#shell.feed(report);
      case 'gone':
        return this.#shell.feed({ kind: 'domainGone', vm: report.vm });
    }
  }

  #lostKeeper(error: string): void {
    if (this.#hasKeeper) {
      this.#ground.tell({
        code: 'keeper.lost',
        level: 'warning',
        text: `The keeper does not answer (${error}). It is tried again; nothing is decided meanwhile.`,
      });
    }
    this.#hasKeeper = false;
    this.#shell.feed({ kind: 'keeperLost' });
  }

  #tick(): void {
    const { engine, lastInputMs } = this.#shell;
    const isIdle = engine.admin === null && [...engine.vms.values()].every((vm) => vm.activity === null);
    if (isIdle && this.#ground.nowMs() - lastInputMs < IDLE_TICK_MS) return;
    this.#shell.feed({ kind: 'tick' });
  }

  #lookAtHost(): void {
    const now = new Date();
    const localOffsetMs = -now.getTimezoneOffset() * MINUTE_MS;
    this.#shell.feed({ kind: 'wallClock', wallMs: now.getTime(), localOffsetMs });
    const isReal = this.#ground.settings.hypervisor === 'libvirt';
    void Promise.all([readMemory(), isReal ? isHookInstalled() : null]).then(([memory, hasHook]) => {
      if (memory === null) return;
      const [unusableLinks, networkGaps] = [this.#peers.unusable(), this.#networkGaps];
      const drills = this.#drilling.drills.facts;
      // A drill ends as soon as anything else needs its memory.
      const freeMiB = memory.freeMiB + this.#drilling.drills.memoryMiB;
      this.#shell.feed({
        kind: 'host',
        host: {
          ...memory,
          freeMiB,
          hasHook,
          unusableLinks,
          networkGaps,
          ...(drills === null ? {} : { drills }),
        },
      });
    });
  }

  /** One look at a time; while the hypervisor does not answer nothing is known, and that is told elsewhere. */
  async #lookAtNetworks(): Promise<void> {
    if (this.#isLookingAtNetworks) return;
    this.#isLookingAtNetworks = true;
    const vms = (this.#shell.engine.view?.config?.vms ?? []).map(({ vm }) => vm);
    const before = JSON.stringify(this.#networkGaps);
    const found = await this.#ground.hypervisor.networks(vms, NETWORKS_DEADLINE_MS).catch(() => null);
    this.#isLookingAtNetworks = false;
    this.#networkGaps = found?.gaps ?? [];
    if (found !== null) this.#uplinks.use(found.bridges);
    if (JSON.stringify(this.#networkGaps) !== before) this.#lookAtHost();
  }

  #heartbeatFacts(): HeartbeatFacts {
    const { engine } = this.#shell;
    const { view, goingDown, host } = engine;
    const condition = conditionOf(engine, this.#ground.nowMs());
    return {
      hostName: this.#ground.settings.hostName,
      epoch: view?.epoch ?? 0,
      phase: view?.phase ?? null,
      agentVersion: this.#ground.agentVersion,
      configGeneration: view?.config?.generation ?? 0,
      storeReachable: view?.store.reachable ?? false,
      ...(goingDown === null ? {} : { goingDown: goingDown.reason }),
      ...(condition === null ? {} : { condition }),
      ...(host === null ? {} : { freeMiB: host.freeMiB }),
    };
  }
}
