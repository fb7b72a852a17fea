import type { EngineEvent } from '../core/engine/types.ts';
import { readGroupKey } from '../heartbeat/groupKey.ts';
import type { HeartbeatFacts } from '../heartbeat/facts.ts';
import { type Heartbeats, openHeartbeat } from '../heartbeat/heartbeat.ts';
import { createLinkStory } from '../heartbeat/linkStory.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { LinkHealth } from '../protocol/heartbeat.ts';
import type { KeeperNetMessage } from '../protocol/keeperLink.ts';
import type { NotifyBeat } from '../protocol/notify.ts';
import { peerFacts } from './hostFacts.ts';
import type { PeerFact } from '../core/engine/peerFact.ts';

export interface PeersOptions {
  readonly slot: number;
  readonly keyFile: string;
  readonly nowMs: () => number;
  readonly facts: () => HeartbeatFacts;
  readonly onMessage: (from: number, message: KeeperNetMessage) => void;
  readonly notify: () => NotifyBeat | null;
  readonly onNotify: (from: number, said: NotifyBeat | null) => void;
  readonly tell: (event: EngineEvent) => void;
}

/** Heartbeats to the other hosts, from the first known configuration on and following it. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #story = createLinkStory();
  #heartbeats: Heartbeats | null = null;
  #config: GroupConfig | null = null;
  #hasFailed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  configure(config: GroupConfig): void {
    if (this.#config?.generation === config.generation && this.#config.groupId === config.groupId) return;
    this.#config = config;
    if (this.#heartbeats !== null) this.#heartbeats.configure(config);
    else this.#open(config);
  }

  send(to: number, message: KeeperNetMessage): void {
    this.#heartbeats?.send(to, message);
  }

  links(): readonly LinkHealth[] {
    return this.#heartbeats?.links() ?? [];
  }

  /** Own link addresses that can't be used now. */
  unusable(): readonly string[] {
    return this.#heartbeats?.unbound().map(({ address, problem }) => `${address} (${problem})`) ?? [];
  }

  facts(): readonly PeerFact[] {
    return this.#heartbeats === null ? [] : peerFacts(this.#heartbeats);
  }

  close(): void {
    this.#heartbeats?.close();
  }

  #open(config: GroupConfig): void {
    const { slot, keyFile, nowMs, facts, onMessage, notify, onNotify, tell } = this.#options;
    let groupKey: Uint8Array;
    try {
      groupKey = readGroupKey(keyFile);
    } catch (error) {
      if (!this.#hasFailed) {
        tell({
          code: 'heartbeat.no-key',
          level: 'warning',
          text: `No heartbeats can be sent: the group key ${keyFile} can't be read (${String(error).slice(0, 200)}).`,
        });
      }
      this.#hasFailed = true;
      this.#config = null;
      return;
    }
    this.#heartbeats = openHeartbeat({
      groupKey,
      self: slot,
      config,
      nowMs,
      facts,
      onMessage,
      notify,
      onNotify,
      onLinkState: (change) => {
        const name = this.#config?.hosts.find((host) => host.slot === change.peer)?.name;
        const event = this.#story.tell(change, name ?? `slot ${change.peer}`);
        if (event !== null) tell(withoutUndefined(event));
      },
    });
  }
}

function withoutUndefined(
  event: ReturnType<ReturnType<typeof createLinkStory>['tell']> & object,
): EngineEvent {
  const { code, level, text, vm, facts } = event;
  return {
    code,
    level,
    text,
    ...(vm === undefined ? {} : { vm }),
    ...(facts === undefined ? {} : { facts }),
  };
}
