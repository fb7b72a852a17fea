import type { Scenario, Step } from '../scenario/scenario.ts';
import { toMillis } from './plan.ts';

/** Whether this scenario still fails in the way that is being looked for. */
export type StillFails = (scenario: Scenario) => boolean;

export interface Shrunk {
  readonly scenario: Scenario;
  /** Worlds that were run for it. */
  readonly tries: number;
}

/** Enough for the largest generated worlds to come down to a handful of steps; more would not be waited for. */
const MOST_TRIES = 1500;
/** A violation that comes so soon before the end needs no more time than that. */
const END_AFTER_S = 1;
const FEWEST_HOSTS = 2;

/**
 * The smallest scenario found that still fails: fewer steps (delta debugging, Zeller and Hildebrandt 2002), VMs, hosts
 * and fields, a shorter and rounder time. `failedAtS` is when the violation was seen.
 */
export function shrink(first: Scenario, failedAtS: number, stillFails: StillFails): Shrunk {
  let best = first;
  let tries = 0;
  const better = (candidate: Scenario | null): boolean => {
    if (candidate === null || tries >= MOST_TRIES) return false;
    tries += 1;
    if (!stillFails(candidate)) return false;
    best = candidate;
    return true;
  };
  better(endingAt(best, failedAtS + END_AFTER_S));
  for (let size = measure(best) + 1; measure(best) < size && tries < MOST_TRIES; ) {
    size = measure(best);
    dropSteps(() => best, better);
    for (const vm of best.vms.slice(1)) better(withoutVm(best, vm.name));
    for (const host of best.hosts.slice().reverse()) better(withoutHost(best, host));
    better({ ...best, links: [...new Map(best.links.map((pair) => [pair.join(), pair])).values()] });
    better({ ...best, bmc: {} });
    simplifyVms(() => best, better);
    roundTimes(() => best, better);
    shorten(() => best, better);
  }
  return { scenario: best, tries };
}

/** What gets smaller with every change that is kept, so that the search ends. */
function measure({ steps, vms, hosts, links, bmc, until }: Scenario): number {
  const digits = steps.reduce((sum, step) => sum + `${step.at}`.length, 0);
  const lists = steps.length + vms.length + hosts.length + links.length + Object.keys(bmc).length;
  return lists * 1000 + digits + JSON.stringify(vms).length + until;
}

function dropSteps(best: () => Scenario, better: (candidate: Scenario | null) => boolean): void {
  for (
    let chunk = Math.ceil(best().steps.length / 2);
    chunk >= 1;
    chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
  ) {
    for (let from = best().steps.length - chunk; from > -chunk; from -= chunk) {
      const steps = best().steps.toSpliced(Math.max(from, 0), chunk + Math.min(from, 0));
      better({ ...best(), steps });
    }
  }
}

function withoutVm(scenario: Scenario, name: string): Scenario {
  return {
    ...scenario,
    vms: scenario.vms.filter((vm) => vm.name !== name),
    steps: scenario.steps.filter((step) => !('vm' in step) || step.vm !== name),
  };
}

function withoutHost(scenario: Scenario, name: string): Scenario | null {
  const hosts = scenario.hosts.filter((host) => host !== name);
  const [first] = hosts;
  if (first === undefined || hosts.length < FEWEST_HOSTS) return null;
  const names = (step: Step): readonly unknown[] =>
    ['host', 'from', 'to'].map((field) => (step as Record<string, unknown>)[field]);
  return {
    ...scenario,
    hosts,
    links: scenario.links.filter((pair) => !pair.includes(name)),
    bmc: Object.fromEntries(Object.entries(scenario.bmc).filter(([host]) => host !== name)),
    vms: scenario.vms.map((vm) => (vm.host === name ? { ...vm, host: first } : vm)),
    steps: scenario.steps.filter((step) => !names(step).includes(name)),
  };
}

function simplifyVms(best: () => Scenario, better: (candidate: Scenario | null) => boolean): void {
  for (const index of best().vms.keys()) {
    for (const simpler of [{ policy: {} }, { bootTime: 10 }, { drain: 'threads-stopped' as const }]) {
      const vms = best().vms.map((vm, at) => (at === index ? { ...vm, ...simpler } : vm));
      if (JSON.stringify(vms).length <= JSON.stringify(best().vms).length) better({ ...best(), vms });
    }
  }
}

/** Whole seconds, or tenths; a step is moved only as far as its neighbours allow. */
function roundTimes(best: () => Scenario, better: (candidate: Scenario | null) => boolean): void {
  for (const digits of [1, 10, 100]) {
    const all = best().steps.map((step) => ({ ...step, at: Math.round(step.at * digits) / digits }));
    if (better({ ...best(), steps: all })) return;
    for (const index of best().steps.keys()) {
      const { steps } = best();
      const rounded = Math.round((steps[index]?.at ?? 0) * digits) / digits;
      const fits =
        rounded >= (steps[index - 1]?.at ?? 0) && rounded <= (steps[index + 1]?.at ?? best().until);
      if (!fits || rounded === steps[index]?.at) continue;
      better({ ...best(), steps: steps.map((step, at) => (at === index ? { ...step, at: rounded } : step)) });
    }
  }
}

/** Everything earlier by what lies before the first step, as far as the group needs it to begin. */
function shorten(best: () => Scenario, better: (candidate: Scenario | null) => boolean): void {
  const [first] = best().steps;
  for (const startS of [1, 10]) {
    const byS = Math.floor((first?.at ?? 0) - startS);
    if (byS > 0) {
      const steps = best().steps.map((step) => ({ ...step, at: toMillis(step.at - byS) }));
      if (better({ ...best(), steps, until: toMillis(best().until - byS) })) return;
    }
  }
  better(endingAt(best(), Math.ceil(best().until * 0.8)));
}

/** Null when it ends sooner already. Steps that would come after the end go. */
function endingAt(scenario: Scenario, until: number): Scenario | null {
  if (until >= scenario.until) return null;
  return { ...scenario, until: toMillis(until), steps: scenario.steps.filter((step) => step.at <= until) };
}
