import type { FeedName, ValueOf } from '../ipc/contract.ts';

type Listener = (value: unknown) => void;

/** Keeps the latest value of every feed, so that a window that subscribes late misses nothing. */
export interface FeedHub {
  publish<Name extends FeedName>(name: Name, value: ValueOf<Name>): void;
  latest<Name extends FeedName>(name: Name): ValueOf<Name> | undefined;
  /** Calls back at once with the present value, if there is one, then with each later one. */
  subscribe<Name extends FeedName>(name: Name, onValue: (value: ValueOf<Name>) => void): () => void;
}

export function createFeedHub(): FeedHub {
  const values = new Map<FeedName, unknown>();
  const listeners = new Map<FeedName, Set<Listener>>();
  return {
    publish: (name, value) => {
      values.set(name, value);
      for (const listener of listeners.get(name) ?? []) listener(value);
    },
    latest: <Name extends FeedName>(name: Name) => values.get(name) as ValueOf<Name> | undefined,
    subscribe: <Name extends FeedName>(name: Name, onValue: (value: ValueOf<Name>) => void) => {
      const listener: Listener = (value) => onValue(value as ValueOf<Name>);
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      if (values.has(name)) listener(values.get(name));
      return () => void set.delete(listener);
    },
  };
}
