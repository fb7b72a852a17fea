import { createNotify, step } from '../core/notify/step.ts';
import { claimsToSay } from '../core/notify/deliveries.ts';
import type { EngineEvent } from '../core/engine/types.ts';
import type { Look, Message, NotifyEffect, NotifyInput, NotifyState, Plan } from '../core/notify/types.ts';
import type { Status } from '../protocol/control.ts';
import type { LogEvent } from '../protocol/event.ts';
import { FailureError } from '../protocol/failure.ts';
import type {
  ChannelState,
  ChannelTest,
  NotifyBeat,
  NotifyDraft,
  NotifySettings,
  NotifyStatus,
} from '../protocol/notify.ts';
import { channelsOf, sendOn } from './channels.ts';
import { loadSettings, NotifyMemoryFile, saveSettings } from './files.ts';
import { MetricsServer } from './metrics.ts';
import { metricsText } from './metricsText.ts';
import { settingsFrom, viewOf } from './settings.ts';

/** Tests at once: people press a button twice. */
const MAX_TESTS = 2;
/** Saves that may wait for one another; a disk that hangs must not gather more. */
const MAX_SAVES = 4;

type Timeless = NotifyInput extends infer Input
  ? Input extends NotifyInput
    ? Omit<Input, 'nowMs' | 'wallMs'>
    : never
  : never;

export interface NotifyDeskOptions {
  readonly slot: number;
  readonly hostName: string;
  readonly engineId: string;
  readonly settingsPath: string;
  readonly memoryPath: string;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly tell: (event: EngineEvent) => void;
  readonly status: () => Status;
  readonly look: () => Look;
  readonly send?: typeof sendOn;
}

/** Tells people: runs the core, carries its messages out, keeps the settings and what was told. */
export class NotifyDesk {
  readonly #options: NotifyDeskOptions;
  readonly #memory: NotifyMemoryFile;
  readonly #metrics: MetricsServer;
  readonly #peers = new Map<number, string>();
  #settings: NotifySettings | null = null;
  #state: NotifyState;
  #turn = 0;
  #tests = 0;
  #saves = 0;
  #saved: Promise<unknown> = Promise.resolve();

  constructor(options: NotifyDeskOptions) {
    const { slot, hostName, memoryPath, nowMs, tell } = options;
    this.#options = options;
    this.#memory = new NotifyMemoryFile(memoryPath);
    this.#state = createNotify({ slot, hostName, memory: this.#memory.load(), nowMs: nowMs() });
    this.#metrics = new MetricsServer(
      () => metricsText(options.status(), this.#state.health),
      (failure) => {
        if (failure !== null) tell({ code: failure.code, level: 'warning', text: failure.message });
      },
    );
  }

  start(): void {
    const { settingsPath, tell } = this.#options;
    try {
      this.#use(loadSettings(settingsPath));
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      const text = `${settingsPath} can't be read (${because}): this host tells nobody. Set it up again in the app.`;
      tell({ code: 'notify.settings-unreadable', level: 'alarm', text });
    }
  }

  close(): void {
    this.#metrics.close();
  }

  heard(event: LogEvent): void {
    this.#step({ kind: 'event', event });
  }

  /** The clock: once a second or so. */
  look(): void {
    if (this.#settings === null) return;
    this.#step({ kind: 'look', look: this.#options.look() });
  }

  /** What the next heartbeat says of this; null where nobody is told anyway. */
  beat(): NotifyBeat | null {
    if (this.#settings === null) return null;
    this.#turn += 1;
    const claims = claimsToSay(this.#state, this.#options.nowMs(), this.#turn);
    return { revision: this.#settings.revision, claims };
  }

  heardBeat(from: number, said: NotifyBeat | null): void {
    if (said === null) {
      this.#peers.delete(from);
      return;
    }
    this.#peers.set(from, said.revision);
    if (said.claims.length > 0) this.#step({ kind: 'heard', from, claims: said.claims });
  }

  show(): NotifyStatus {
    const { engineId, slot, status } = this.#options;
    const settings = this.#settings;
    const hosts = status().group?.hosts ?? [];
    return {
      settings: settings === null ? null : viewOf(settings),
      channels: settings === null ? [] : channelsOf(settings).map((channel) => this.#channel(channel)),
      peers: hosts
        .filter((host) => host.slot !== slot)
        .map((host) => ({ host: host.name, revision: this.#peers.get(host.slot) ?? null })),
      metrics: this.#metrics.status(),
      engineId,
    };
  }

  #channel(channel: string): ChannelState {
    const health = this.#state.health.get(channel);
    const waiting = [...this.#state.deliveries.values()].filter((one) => one.channel === channel).length;
    const lastMs = health?.lastToldWallMs ?? null;
    return {
      channel,
      waiting,
      lastToldAt: lastMs === null ? null : new Date(lastMs).toISOString(),
      failure: health?.failure ?? null,
    };
  }

  /** Takes new settings over as a whole, or throws a FailureError and changes nothing. One after the other. */
  async set(revision: string, draft: NotifyDraft | null): Promise<string> {
    if (this.#saves >= MAX_SAVES) throw busy('Settings are being saved already.');
    this.#saves += 1;
    const saved = this.#saved
      .then(() => this.#save(revision, draft))
      .finally(() => {
        this.#saves -= 1;
      });
    this.#saved = saved.catch(() => undefined);
    return saved;
  }

  async #save(revision: string, draft: NotifyDraft | null): Promise<string> {
    const { settingsPath, wallMs, tell, hostName } = this.#options;
    const stamp = { revision, savedAtWallMs: wallMs() };
    const settings = draft === null ? null : settingsFrom(draft, this.#settings, stamp);
    try {
      await saveSettings(settingsPath, settings);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'no further reason';
      throw new FailureError({
        code: 'notify.not-saved',
        message: `${settingsPath} could not be written on ${hostName} (${code}).`,
        meaning: 'This host goes on by the settings that it had.',
        fix: 'See that its disk is not full and not read-only.',
      });
    }
    this.#use(settings);
    const channels = settings === null ? [] : channelsOf(settings);
    const text =
      channels.length === 0
        ? `${hostName} tells nobody when no app is open.`
        : `${hostName} tells people by ${channels.join(', ')}.`;
    tell({ code: 'notify.settings-changed', level: 'notice', text, facts: { revision } });
    return text;
  }

  async test(channel: string | null): Promise<readonly ChannelTest[]> {
    const settings = this.#settings;
    if (settings === null) throw nothingSet(this.#options.hostName);
    const channels = channelsOf(settings).filter((one) => channel === null || one === channel);
    if (channels.length === 0)
      throw new FailureError({
        code: 'notify.unknown-channel',
        message: `${this.#options.hostName} has no channel ${channel ?? ''} to tell people by.`,
        fix: 'Save the settings first.',
        field: 'channel',
      });
    if (this.#tests >= MAX_TESTS) throw busy('A test is under way already.');
    this.#tests += 1;
    try {
      return await Promise.all(channels.map((one) => this.#testOne(one, settings)));
    } finally {
      this.#tests -= 1;
    }
  }

  async #testOne(channel: string, settings: NotifySettings): Promise<ChannelTest> {
    const { nowMs, engineId, send = sendOn } = this.#options;
    const beganMs = nowMs();
    const failure = await send(channel, settings, this.#testMessage(), engineId);
    return { channel, failure, tookMs: nowMs() - beganMs };
  }

  #testMessage(): Message {
    const { hostName, wallMs, status } = this.#options;
    const at = new Date(wallMs()).toISOString();
    return {
      incident: `test-${hostName}-${at.slice(0, 19).replaceAll(':', '')}`,
      about: 'test',
      level: 'notice',
      group: status().group?.groupName ?? '',
      host: hostName,
      startedAt: at,
      title: `Test message from ${hostName}`,
      what: `${hostName} can tell you when something happens, with the app closed.`,
      why: 'Somebody asked for a test.',
      now: null,
      toDo: null,
      downMs: null,
      vms: [],
      lines: [],
    };
  }

  #use(settings: NotifySettings | null): void {
    this.#settings = settings;
    this.#metrics.configure(settings?.metrics ?? null);
    this.#step({ kind: 'plan', plan: settings === null ? null : planOf(settings) });
  }

  #step(input: Timeless): void {
    const { nowMs, wallMs, tell } = this.#options;
    const { state, effects } = step(this.#state, { ...input, nowMs: nowMs(), wallMs: wallMs() });
    this.#state = state;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#carryOut(effect);
          break;
        case 'event':
          tell(effect.event);
          break;
        case 'remember':
          this.#memory.save(effect.memory);
      }
    }
  }

  /** The core has at most one under way on each channel. */
  #carryOut({ id, channel, message }: Extract<NotifyEffect, { kind: 'send' }>): void {
    const { engineId, send = sendOn } = this.#options;
    if (this.#settings === null) return;
    void send(channel, this.#settings, message, engineId).then((failure) =>
      this.#step({ kind: 'result', id, failure }),
    );
  }
}

function planOf(settings: NotifySettings): Plan {
  const { revision, savedAtWallMs, tell, missingAfterMinutes } = settings;
  return {
    revision,
    savedAtWallMs,
    tell,
    missingAfterMs: missingAfterMinutes * 60_000,
    channels: channelsOf(settings),
  };
}

const busy = (message: string): FailureError =>
  new FailureError({ code: 'notify.busy', message, fix: 'Wait for it.' });

const nothingSet = (hostName: string): FailureError =>
  new FailureError({
    code: 'notify.not-set',
    message: `${hostName} has no settings by which to tell anybody.`,
    fix: 'Fill in Settings, Alerts, "When no app is open", and save it.',
  });
