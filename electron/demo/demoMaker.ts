import { existsSync } from 'node:fs';
import { FailureError } from '../../agent/protocol/failure.ts';
import type { DemoHandle, DemoMaker } from '../app/demoHandle.ts';
import { layOutDemo, LINK_ADDRESSES } from './demoFiles.ts';
import { createDemoFolder, removeDemoFolder } from './demoFolder.ts';
import { DemoHost } from './demoHost.ts';
import { freePorts } from './freePorts.ts';
import { populate } from './populate.ts';

const STAND_INS =
  'Stand-ins: VMs and hypervisor are small processes, the watchdog is a program. ' +
  'Agents, keepers, leases, heartbeats and decisions are real.';

/** What the demo group needs: Node 24, and the agent as it is installed on hosts. */
export interface DemoPrograms {
  readonly agent: string;
  /** An installed app unpacks it first. Rejects with a FailureError. */
  node(): Promise<string>;
  readonly hasNode: boolean;
}

function refusal({ hasNode, agent }: DemoPrograms): string | null {
  if (process.platform !== 'linux') return 'The demo group runs the hosts’ own agents, and those need Linux.';
  if (!existsSync(agent)) return 'The agent is not built yet: npm run bundle builds it.';
  return hasNode ? null : 'The Node 24 that comes with the agent is missing.';
}

/** Two real agents and keepers on this machine, over a lease area in a temporary folder. */
export function createDemoMaker(programs: DemoPrograms, onChange: () => void): DemoMaker {
  return {
    refused: refusal(programs),
    standIns: STAND_INS,
    start: () => startDemo(programs, onChange),
  };
}

async function startDemo(programs: DemoPrograms, onChange: () => void): Promise<DemoHandle> {
  const node = await programs.node();
  const folder = createDemoFolder();
  const plan = await layOutDemo(folder, await freePorts([...LINK_ADDRESSES, ...LINK_ADDRESSES])).catch(
    (fault: unknown) => {
      removeDemoFolder(folder);
      throw fault;
    },
  );
  const hosts = plan.hosts.map((host) => new DemoHost({ plan: host, node, agent: programs.agent, onChange }));
  const named = (name: string): DemoHost => {
    const host = hosts.find((one) => one.plan.name === name);
    if (host !== undefined) return host;
    const message = `The demo group has no host ${name}.`;
    throw new FailureError({ code: 'app.unknown-host', message, field: 'host' });
  };
  for (const host of hosts) host.powerOn();
  return {
    source: {
      id: plan.groupId,
      kind: 'demo',
      name: plan.groupName,
      hosts: hosts.map((host) => ({
        name: host.plan.name,
        address: 'this computer',
        open: () => host.open(),
        power: () => host.power,
      })),
    },
    populate: (ask, signal) => populate(plan, ask, signal),
    pullPlug: (name) => named(name).pullPlug(),
    powerOn: (name) => named(name).powerOn(),
    output: () => hosts.map(({ plan: { name }, output }) => `${name}:\n${output}`).join('\n'),
    close: () => {
      for (const host of hosts) host.pullPlug();
      removeDemoFolder(folder);
    },
  };
}
