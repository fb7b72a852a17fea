import type { SwitchoverHow } from '../../agent/protocol/group.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import { dailyContract } from './daily/contract.ts';
import { type Call, call, type Feed, feed } from './members.ts';
import { setupContract } from './setup/contract.ts';
import type {
  AppInfo,
  EventView,
  Findings,
  GroupBeats,
  GroupView,
  KnownGroups,
  Preferences,
  RunView,
  Theme,
} from './views.ts';

/** Everything that crosses between window and app. Preload, handlers, validators and test fakes derive from it. */
export const contract = {
  app: {
    info: feed<AppInfo>(),
    preferences: feed<Preferences>(),
    setTheme: call<{ readonly theme: Theme }, null>(),
  },
  groups: {
    known: feed<KnownGroups>(),
    views: feed<readonly GroupView[]>(),
    beats: feed<readonly GroupBeats[]>(),
    startDemo: call<Record<string, never>, { readonly groupId: string }>(),
    open: call<{ readonly groupId: string }, null>(),
    /** Stops watching. A demo group is taken down with all its processes; installed hosts go on by themselves. */
    close: call<{ readonly groupId: string }, null>(),
  },
  vms: {
    check: call<{ readonly groupId: string; readonly vmId: string }, Findings>(),
    /** Answers as soon as it is under way; how it goes comes by the runs feed. */
    switchOver: call<
      {
        readonly groupId: string;
        readonly vmId: string;
        readonly to: string;
        readonly how: SwitchoverHow;
      },
      { readonly runId: string }
    >(),
  },
  runs: {
    recent: feed<readonly RunView[]>(),
  },
  events: {
    /** The newest of all hosts of all open groups, oldest first. */
    recent: feed<readonly EventView[]>(),
  },
  demo: {
    pullPlug: call<{ readonly groupId: string; readonly host: string }, null>(),
    powerOn: call<{ readonly groupId: string; readonly host: string }, null>(),
  },
  ...setupContract,
  ...dailyContract,
};
export type Contract = typeof contract;

type Named<Kind> = {
  [G in keyof Contract]: {
    [K in keyof Contract[G] & string]: Contract[G][K] extends { readonly kind: Kind } ? `${G}.${K}` : never;
  }[keyof Contract[G] & string];
}[keyof Contract];
export type CallName = Named<'call'>;
export type FeedName = Named<'feed'>;

type At<Name extends string> = Name extends `${infer G extends keyof Contract}.${infer K}`
  ? K extends keyof Contract[G]
    ? Contract[G][K]
    : never
  : never;
export type InputOf<Name extends CallName> = At<Name> extends Call<infer I, unknown> ? I : never;
export type OutputOf<Name extends CallName> = At<Name> extends Call<unknown, infer O> ? O : never;
export type ValueOf<Name extends FeedName> = At<Name> extends Feed<infer V> ? V : never;

/** Failures cross as data: an Error would lose its code on both transports. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

export type Handlers = { readonly [N in CallName]: (input: InputOf<N>) => Promise<OutputOf<N>> };

/** What the window sees as `window.understudy`. */
export type Bridge = {
  readonly [G in keyof Contract]: {
    readonly [K in keyof Contract[G]]: Contract[G][K] extends Call<infer I, infer O>
      ? (input: I) => Promise<Reply<O>>
      : Contract[G][K] extends Feed<infer V>
        ? (onValue: (value: V) => void) => () => void
        : never;
  };
};

const isFeed = (name: string): name is FeedName => {
  const [group = '', member = ''] = name.split('.');
  const members: unknown = Object.hasOwn(contract, group) ? contract[group as keyof Contract] : undefined;
  if (typeof members !== 'object' || members === null || !Object.hasOwn(members, member)) return false;
  return (members as Record<string, { kind: string }>)[member]?.kind === 'feed';
};

/** The feed of this name, or null: names from a window are not trusted. */
export function feedNamed(name: unknown): FeedName | null {
  return typeof name === 'string' && isFeed(name) ? name : null;
}

/** A transport's two verbs; the rest of the bridge follows from the contract. */
export interface BridgeTransport {
  call(name: string, input: unknown): Promise<unknown>;
  subscribe(name: string, onValue: (value: unknown) => void): () => void;
}

/** Builds the bridge from the contract: used by the preload script and by the browser's socket alike. */
export function deriveBridge(transport: BridgeTransport): Bridge {
  const member = (name: string, kind: 'call' | 'feed') =>
    kind === 'call'
      ? (input: unknown) => transport.call(name, input)
      : (onValue: (value: unknown) => void) => transport.subscribe(name, onValue);
  const groups = Object.entries(contract).map(([group, members]) => [
    group,
    Object.fromEntries(
      Object.entries(members).map(([name, { kind }]) => [name, member(`${group}.${name}`, kind)]),
    ),
  ]);
  return Object.fromEntries(groups) as Bridge;
}
