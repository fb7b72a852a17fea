import type { Random } from '../world/random.ts';
import type { Scenario, ScenarioVm, Step } from '../scenario/scenario.ts';
import { criticalLength } from './instants.ts';

type Timeless<One> = One extends { at: number } ? Omit<One, 'at'> : never;
export type Act = Timeless<Step>;

/** A scenario's steps while they are being invented. No fault outlasts `healAt`, unless it is meant to. */
export class Plan {
  readonly random: Random;
  readonly hosts: readonly string[];
  readonly links: Scenario['links'];
  readonly vms: readonly ScenarioVm[];
  readonly profile: Scenario['profile'];
  readonly bmcs: readonly string[];
  readonly healAt: number;
  readonly steps: Step[] = [];

  constructor(random: Random, scenario: Omit<Scenario, 'steps' | 'until'>, healAt: number) {
    this.random = random;
    this.hosts = scenario.hosts;
    this.links = scenario.links;
    this.vms = scenario.vms;
    this.profile = scenario.profile;
    this.bmcs = Object.keys(scenario.bmc);
    this.healAt = healAt;
  }

  /** At a time in seconds; what would come after the heal is left out. */
  add(at: number, act: Act): void {
    if (at <= this.healAt) this.steps.push({ at: toMillis(at), ...act } as Step);
  }

  /** Something wrong from `at` on, and its end after a critical length, or with the heal. */
  spell(at: number, wrong: Act, right: Act, lastsS = criticalLength(this.random, this.profile)): number {
    const until = Math.min(at + lastsS, this.healAt);
    if (at < this.healAt) {
      this.add(at, wrong);
      this.add(until, right);
    }
    return until;
  }

  /** Null when there is nothing to pick from. */
  pick<Item>(items: readonly Item[]): Item | null {
    return items[this.random.between(0, items.length - 1)] ?? null;
  }

  host(): string {
    return this.pick(this.hosts) ?? '';
  }

  vm(): string | null {
    return this.pick(this.vms)?.name ?? null;
  }

  /** Something that happens to a VM, if there is one. */
  onVm(at: number, act: (vm: string) => Act): void {
    const vm = this.pick(this.vms);
    if (vm !== null) this.add(at, act(vm.name));
  }

  /** One link in one of its directions. */
  direction(): { readonly from: string; readonly to: string } | null {
    const link = this.pick(this.links);
    if (link === null) return null;
    const [from, to] = this.random.chance(0.5) ? link : [link[1], link[0]];
    return { from, to };
  }

  inOrder(): readonly Step[] {
    return this.steps.toSorted((one, other) => one.at - other.at);
  }
}

/** Puts one fault, with its end, into the plan at a time in seconds. */
export type Fault = (plan: Plan, at: number) => void;
export type Weighted = readonly [weight: number, fault: Fault];

/** Times in files have milliseconds, so that what is read again is what was run. */
export function toMillis(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
