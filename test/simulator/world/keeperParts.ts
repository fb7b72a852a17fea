import type { KeeperState } from '../../../agent/core/keeper/step.ts';
import type { KeeperEffect, KeeperInput } from '../../../agent/core/keeper/types.ts';
import type { HostSettings } from '../../../agent/protocol/group.ts';
import type { KeeperLine } from '../../../agent/protocol/keeperLink.ts';
import type { Guests } from './guests.ts';
import type { Host } from './host.ts';
import type { StartGate } from './startGate.ts';
import type { Store } from './store.ts';
import type { WatchdogDevice } from './watchdog.ts';

export interface KeeperEvents {
  readonly line: (line: KeeperLine) => void;
  /** The state after each input that came from it. */
  readonly stepped: (
    before: KeeperState,
    after: KeeperState,
    input: KeeperInput,
    effects: readonly KeeperEffect[],
  ) => void;
  readonly carriedOut: (effect: KeeperEffect) => void;
  readonly ended: () => void;
}

export interface KeeperParts {
  readonly host: Host;
  readonly settings: HostSettings;
  readonly store: Store;
  readonly guests: Guests;
  readonly gate: StartGate;
  readonly watchdog: WatchdogDevice | null;
  readonly events: KeeperEvents;
}
