import type { Step } from '../scenario/scenario.ts';
import type { Administrator } from './administrator.ts';
import { BOOT_MS } from './host.ts';
import { AGENT_START_MS } from './agentProcess.ts';
import { onLinks, onStore } from './pathVerbs.ts';
import type { Site } from './site.ts';
import { onHardware, onUplink } from './trouble.ts';
import { onVm } from './vmVerbs.ts';
import type { World } from './world.ts';

/** A share of kills and freezes hits a process between two of its acts. */
const IN_THE_MIDDLE = 0.4;
/** A kill of the keeper takes store-io processes along, so often: as the OOM killer or an operator would. */
const CHILDREN_TOO = 0.25;

export type StepOf<Verb extends Step['do']> = Extract<Step, { do: Verb }>;

/** Does what a step of the scenario says. */
export function perform(world: World, administrator: Administrator, step: Step): void {
  switch (step.do) {
    case 'power-off':
    case 'power-on':
    case 'reset':
    case 'freeze':
    case 'thaw':
    case 'clock-rate':
    case 'clock-step':
    case 'watchdog-fail':
    case 'bmc':
      onHost(world, siteOf(world, step.host), step);
      return;
    case 'agent-stop':
    case 'agent-start':
    case 'agent-freeze':
    case 'agent-thaw':
    case 'upgrade-agent':
    case 'keeper-kill':
    case 'keeper-freeze':
    case 'keeper-thaw':
    case 'store-io-kill':
    case 'libvirtd-stop':
    case 'libvirtd-start':
    case 'libvirtd-hang':
      onProcess(world, siteOf(world, step.host), step.do);
      return;
    case 'link-cut':
    case 'link-heal':
    case 'link-loss':
    case 'link-delay':
      onLinks(world, step);
      return;
    case 'store-cut':
    case 'store-stall':
    case 'store-readonly':
    case 'store-heal':
    case 'store-delay':
    case 'store-torn-write':
      for (const site of world.sites) {
        if (step.host === undefined || site.host.name === step.host) onStore(world, site, step);
      }
      return;
    case 'store-rollback':
      world.tell(null, `The store goes back by ${step.seconds} s, as by the restore of a snapshot.`);
      world.calm.happened('store', world.queue.nowMs);
      world.watch.storeFault(step.do);
      world.judge.rolledBack(step.seconds * 1000);
      world.store.rollback(step.seconds * 1000);
      return;
    case 'vm-crash':
    case 'vm-hang':
    case 'app-fail':
    case 'guest-shutdown':
    case 'guest-reboot':
      onVm(world, step);
      return;
    case 'uplink-cut':
    case 'uplink-heal':
      onUplink(world, siteOf(world, step.host), step);
      return;
    case 'hardware-fails':
    case 'hardware-heals':
      onHardware(world, siteOf(world, step.host), step);
      return;
    case 'admin':
      world.calm.happened('person', world.queue.nowMs);
      administrator.do(step);
      return;
  }
}

function siteOf(world: World, name: string): Site {
  const site = world.sites.find((one) => one.host.name === name);
  if (site === undefined) throw new RangeError(`there is no host ${name}`);
  return site;
}

type HostVerb =
  | 'power-off'
  | 'power-on'
  | 'reset'
  | 'freeze'
  | 'thaw'
  | 'clock-rate'
  | 'clock-step'
  | 'watchdog-fail'
  | 'bmc';

function onHost(world: World, site: Site, step: StepOf<HostVerb>): void {
  const { host, watchdog } = site;
  const { slot } = host;
  const now = world.queue.nowMs;
  switch (step.do) {
    case 'power-off':
    case 'reset':
      world.tell(slot, step.do === 'reset' ? 'is reset.' : 'loses power.');
      world.calm.begin('host', `power ${slot}`, now);
      world.calm.end(`freeze ${slot}`, now);
      host.powerOff();
      if (step.do === 'reset') host.powerOn();
      return;
    case 'power-on':
      if (host.powerOn()) world.tell(slot, `is switched on and boots in ${BOOT_MS / 1000} s.`);
      return;
    case 'freeze':
      world.calm.begin('host', `freeze ${slot}`, now);
      maybeInTheMiddle(site, () => freeze(world, site));
      return;
    case 'thaw':
      world.calm.end(`freeze ${slot}`, now);
      if (!host.isFrozen) return;
      world.tell(slot, 'goes on.');
      host.thaw();
      world.guests.hostChanged(slot, true);
      return;
    case 'clock-rate':
      world.tell(slot, `Its clock goes ${step.ppm} ppm ${step.ppm < 0 ? 'slow' : 'fast'} from now on.`);
      world.calm.happened('host', now);
      host.setRate(step.ppm);
      return;
    case 'clock-step':
      world.tell(
        slot,
        `Its wall clock is set ${step.seconds < 0 ? 'back' : 'forward'} by ${Math.abs(step.seconds)} s.`,
      );
      host.wallOffsetMs += step.seconds * 1000;
      return;
    case 'watchdog-fail':
      world.tell(slot, 'Its watchdog is broken from now on: it never fires.');
      world.calm.begin('host', `watchdog ${slot}`, now);
      if (watchdog !== null) watchdog.isBroken = true;
      return;
    case 'bmc':
      world.tell(
        slot,
        `Its BMC answers "${step.answer}" from now on. Nobody asks it: this version fences no host.`,
      );
      return;
  }
}

function freeze(world: World, site: Site): void {
  const { host } = site;
  if (!host.isWorking) return;
  world.tell(host.slot, 'stands still (frozen).');
  host.freeze();
  world.guests.hostChanged(host.slot, false);
}

function maybeInTheMiddle(site: Site, act: () => void): void {
  if (site.keeper.state !== null && site.host.isWorking && site.host.random.chance(IN_THE_MIDDLE)) {
    site.keeper.inTheMiddle(act);
  } else act();
}

type ProcessVerb =
  | 'agent-stop'
  | 'agent-start'
  | 'agent-freeze'
  | 'agent-thaw'
  | 'upgrade-agent'
  | 'keeper-kill'
  | 'keeper-freeze'
  | 'keeper-thaw'
  | 'store-io-kill'
  | 'libvirtd-stop'
  | 'libvirtd-start'
  | 'libvirtd-hang';

const BEGINS: { readonly [verb in ProcessVerb]?: string } = {
  'agent-stop': 'The agent is stopped.',
  'agent-freeze': 'The agent hangs.',
  'keeper-freeze': 'The keeper hangs.',
  'libvirtd-stop': 'libvirtd is stopped.',
  'libvirtd-hang': 'libvirtd hangs.',
};

function onProcess(world: World, site: Site, verb: ProcessVerb): void {
  const { host } = site;
  const { slot } = host;
  const now = world.queue.nowMs;
  const begins = BEGINS[verb];
  const key = `${verb.split('-')[0]} ${slot}`;
  if (begins !== undefined) world.calm.begin('process', key, now);
  else if (verb === 'keeper-kill' || verb === 'upgrade-agent' || verb === 'store-io-kill')
    world.calm.happened('process', now);
  else world.calm.end(key, now);
  if (!host.isUp) return;
  if (begins !== undefined) world.tell(slot, begins);
  host.run(() => {
    // On a host that stood still the end of it may come first; then it never began.
    if (begins === undefined || world.calm.lasts(key)) actOnProcess(world, site, verb);
  });
}

function actOnProcess(world: World, site: Site, verb: ProcessVerb): void {
  const { host, agent, keeper, libvirtd } = site;
  switch (verb) {
    case 'agent-stop':
      agent.stop();
      return;
    case 'agent-start':
      if (agent.isRunning) return;
      world.tell(host.slot, 'The agent is started.');
      agent.start(AGENT_START_MS);
      return;
    case 'agent-freeze':
      agent.process.hang();
      return;
    case 'agent-thaw':
      if (agent.process.isHung) world.tell(host.slot, 'The agent goes on.');
      agent.process.goOn();
      return;
    case 'upgrade-agent':
      world.tell(host.slot, 'The agent is upgraded; agent and keeper start anew.');
      agent.version = `${Number(agent.version) + 1}`;
      keeper.version = agent.version;
      agent.stop();
      agent.start(AGENT_START_MS);
      keeper.kill();
      return;
    case 'keeper-kill':
      killKeeper(world, site);
      return;
    case 'keeper-freeze':
      maybeInTheMiddle(site, () => {
        if (world.calm.lasts(`keeper ${host.slot}`)) keeper.process.hang();
      });
      return;
    case 'keeper-thaw':
      if (keeper.process.isHung) world.tell(host.slot, 'The keeper goes on.');
      keeper.process.goOn();
      return;
    case 'store-io-kill': {
      const killed = keeper.killBusyChildren();
      world.tell(host.slot, `${killed} of its store-io processes are killed in the middle of I/O.`);
      return;
    }
    case 'libvirtd-stop':
      libvirtd.stop();
      return;
    case 'libvirtd-start':
      if (libvirtd.state !== 'running') world.tell(host.slot, 'libvirtd runs again.');
      libvirtd.start();
      return;
    case 'libvirtd-hang':
      libvirtd.hang();
      return;
  }
}

function killKeeper(world: World, site: Site): void {
  const { host, keeper } = site;
  const withChildren = host.random.chance(CHILDREN_TOO);
  maybeInTheMiddle(site, () => {
    const children = withChildren ? keeper.killBusyChildren() : 0;
    const along = children > 0 ? `, and ${children} of its store-io processes in the middle of I/O` : '';
    world.tell(host.slot, `The keeper is killed${along}.`);
    keeper.kill();
  });
}
