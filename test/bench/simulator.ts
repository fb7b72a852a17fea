import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { runSeed } from '../simulator/campaign/runSeed.ts';
import { emptyTally } from '../simulator/campaign/tally.ts';
import { runWorld } from '../simulator/world/runWorld.ts';
import { parseScenario } from '../simulator/scenario/parseScenario.ts';
import { report, spread, spreadText } from './machine.ts';

/** How fast the simulator runs on one core, without a trace, and whether a campaign's memory stays flat. */

const SEED = 20_261_121;
const WORLDS_TO_WARM_UP = 30;
const WORLDS_A_ROUND = 100;
const ROUNDS = 6;
const QUIET_WARM_UP = 15;
const QUIET_RUNS = 25;
const MIB = 2 ** 20;
const twoHosts = { hosts: 2, minutes: null };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Live memory in MiB: what is left after a full collection. */
function liveMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / MIB;
}

/** Processor time in ms: what one core to itself would have taken, whatever else runs on the machine. */
function cpuOf(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** A two-host group with two VMs that loses a host and gets it back, with nothing else wrong. */
function quietGroup(): void {
  const scenario = parseScenario(
    JSON.stringify({
      hosts: ['a', 'b'],
      vms: ['a', 'b'].map((host) => ({ name: `on ${host}`, host })),
      steps: [
        { at: 60, do: 'power-off', host: 'a' },
        { at: 120, do: 'power-on', host: 'a' },
      ],
      until: 300,
    }),
    'bench',
  );
  const timesReal: number[] = [];
  for (let run = 0; run < QUIET_WARM_UP + QUIET_RUNS; run += 1) {
    const cpuMs = cpuOf(() => runWorld(scenario, run));
    timesReal.push((scenario.until * 1000) / cpuMs);
  }
  const figures = spread(timesReal.slice(QUIET_WARM_UP));
  report(
    'simulator.group',
    `two hosts, two VMs, one failover: ${spreadText(figures, 'times real time', 0)}`,
    figures,
  );
}

function campaign(): void {
  const rounds: { timesReal: number; liveMiB: number }[] = [];
  for (let seed = SEED; seed < SEED + WORLDS_TO_WARM_UP; seed += 1) runSeed(seed, twoHosts, emptyTally());
  for (let round = 0; round < ROUNDS; round += 1) {
    const tally = emptyTally();
    const first = SEED + WORLDS_TO_WARM_UP + round * WORLDS_A_ROUND;
    const cpuMs = cpuOf(() => {
      for (let seed = first; seed < first + WORLDS_A_ROUND; seed += 1) runSeed(seed, twoHosts, tally);
    });
    rounds.push({ timesReal: (tally.simulatedS * 1000) / cpuMs, liveMiB: liveMiB() });
  }
  const speed = spread(rounds.map((round) => round.timesReal));
  const memory = spread(rounds.map((round) => round.liveMiB));
  const worlds = ROUNDS * WORLDS_A_ROUND;
  report(
    'simulator.campaign',
    `${worlds} random two-host worlds: ${spreadText(speed, 'times real time', 0)}`,
    speed,
  );
  const rounded = rounds.map((round) => round.liveMiB.toFixed(1)).join(', ');
  report('simulator.memory', `live after every ${WORLDS_A_ROUND} worlds: ${rounded} MiB`, memory);
}

quietGroup();
campaign();
