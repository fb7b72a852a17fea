import type { OperationOutcome } from '../../../agent/core/engine/types.ts';
import type { KeeperRequestBody } from '../../../agent/protocol/keeperLink.ts';
import { parseScenario } from '../scenario/parseScenario.ts';
import { Administrator } from './administrator.ts';
import type { Site } from './site.ts';
import { perform } from './verbs.ts';
import { World } from './world.ts';

/** A world for tests that have to reach into it: what a scenario can't say is done by hand at the right instant. */
export interface OpenWorld {
  readonly world: World;
  readonly lines: string[];
  readonly site: (name: string) => Site;
  /** Runs on to this second. */
  readonly runTo: (second: number) => void;
  readonly runOn: (seconds: number) => void;
  /** Runs on until it is so; throws when it is not within the time. */
  readonly runUntil: (what: () => boolean, withinSeconds?: number) => void;
  /** Asks a host's keeper, as its agent would, and waits for the answer. */
  readonly ask: (host: string, body: KeeperRequestBody) => OperationOutcome | null;
}

const STEP_S = 0.05;
const PATIENCE_S = 120;

export function openWorld(content: Readonly<Record<string, unknown>>, seed = 1): OpenWorld {
  const scenario = parseScenario(JSON.stringify({ until: 86_000, ...content }), 'a test');
  const lines: string[] = [];
  const trace = (atMs: number, line: string): void => void lines.push(`${(atMs / 1000).toFixed(3)} ${line}`);
  const world = new World(scenario, seed, { trace });
  const administrator = new Administrator(world);
  for (const step of scenario.steps)
    world.queue.at(step.at * 1000, () => perform(world, administrator, step));
  const runTo = (second: number): void => world.queue.runUntil(second * 1000, () => false);
  const runOn = (seconds: number): void => runTo(world.queue.nowMs / 1000 + seconds);
  const site = (name: string): Site => {
    const found = world.sites.find((one) => one.host.name === name);
    if (found === undefined) throw new RangeError(`there is no host ${name}`);
    return found;
  };
  const runUntil = (what: () => boolean, withinSeconds = PATIENCE_S): void => {
    const endMs = world.queue.nowMs + withinSeconds * 1000;
    while (!what()) {
      if (world.queue.nowMs > endMs) throw new Error(`not within ${withinSeconds} s:\n${lines.join('\n')}`);
      runOn(STEP_S);
    }
  };
  const ask = (host: string, body: KeeperRequestBody): OperationOutcome | null => {
    let answer: OperationOutcome | null = null;
    site(host).agent.ask(body, 5000, (outcome) => {
      answer = outcome;
    });
    runOn(2);
    return answer;
  };
  return { world, lines, site, runTo, runOn, runUntil, ask };
}
