/**
 * What the language of Chromium 114 and Node 18 lacks of what the product uses, as its specification says. Put in before
 * main, and into the window's page, when the tests run them in Electron 25.
 */

/** Adds what is not there yet. */
export const define = (target: object, members: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(members))
    if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true, writable: true });
};

define(Map, {
  groupBy: <Key, Value>(
    values: Iterable<Value>,
    keyOf: (value: Value, at: number) => Key,
  ): Map<Key, Value[]> => {
    const groups = new Map<Key, Value[]>();
    let at = 0;
    for (const value of values) {
      const key = keyOf(value, at);
      at += 1;
      groups.set(key, [...(groups.get(key) ?? []), value]);
    }
    return groups;
  },
});
define(Array.prototype, {
  toSorted(this: unknown[], compare?: (a: unknown, b: unknown) => number) {
    return [...this].sort(compare);
  },
  toReversed(this: unknown[]) {
    return [...this].reverse();
  },
  with(this: unknown[], at: number, value: unknown) {
    const copy = [...this];
    copy[at < 0 ? copy.length + at : at] = value;
    return copy;
  },
  toSpliced(this: unknown[], start: number, remove: number, ...items: unknown[]) {
    const copy = [...this];
    copy.splice(start, remove, ...items);
    return copy;
  },
});
define(Promise, {
  withResolvers: () => {
    let resolve: unknown;
    let reject: unknown;
    const promise = new Promise((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    return { promise, resolve, reject };
  },
});
define(URL, {
  canParse: (text: string): boolean => {
    try {
      return new URL(text).href !== '';
    } catch {
      return false;
    }
  },
});
