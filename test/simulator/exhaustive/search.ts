import { Fingerprints } from './fingerprints.ts';

/** A system whose every schedule is to be tried. */
export interface Model<State> {
  readonly start: State;
  /** What may happen next. Taken one at a time, so that only the states of the present path are in memory. */
  readonly successors: (state: State) => Iterable<{ readonly label: string; readonly state: State }>;
  /** Equal for two states only if the same can follow from both. */
  readonly key: (state: State) => string;
  readonly violation: (state: State) => string | null;
}

export interface Found {
  readonly states: number;
  readonly transitions: number;
  /** Everything within the model's bounds was visited; false when `maxStates` ended the search. */
  readonly complete: boolean;
  readonly violation: { readonly what: string; readonly path: readonly string[] } | null;
}

/** Depth first over all states; ends at the first violation, with the schedule that leads to it. */
export function search<State>(model: Model<State>, maxStates: number): Found {
  const seen = new Fingerprints();
  seen.add(model.key(model.start));
  const path: { readonly label: string; readonly next: Iterator<{ label: string; state: State }> }[] = [
    { label: 'start', next: model.successors(model.start)[Symbol.iterator]() },
  ];
  let transitions = 0;
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const taken = top.next.next();
    if (taken.done === true) {
      path.pop();
      continue;
    }
    transitions += 1;
    const { label, state } = taken.value;
    const what = model.violation(state);
    if (what !== null) {
      const labels = [...path.slice(1).map((step) => step.label), label];
      return { states: seen.size, transitions, complete: false, violation: { what, path: labels } };
    }
    if (seen.add(model.key(state))) {
      if (seen.size >= maxStates) {
        return { states: seen.size, transitions, complete: false, violation: null };
      }
      path.push({ label, next: model.successors(state)[Symbol.iterator]() });
    }
  }
  return { states: seen.size, transitions, complete: true, violation: null };
}
