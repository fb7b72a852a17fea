import type { HostFacts } from '../facts/facts.ts';
import { type Check, failed, pass, skipped, warn } from './check.ts';

export interface WatchdogChoice {
  readonly device: string;
  /** Directory with the kernel's attributes of the device, to read timeout and state back. */
  readonly attributes: string | null;
}

/** `DEVICE[:ATTRIBUTES]`, for devices that the kernel does not list itself. null: it does not look like that. */
export function parseWatchdog(text: string): WatchdogChoice | null {
  const found = /^(\/[^:]+)(?::(\/.+))?$/.exec(text);
  return found === null ? null : { device: found[1] ?? '', attributes: found[2] ?? null };
}

/** The device to use: the one named by the user, else the first real one, else a software one. null: none. */
export function chooseWatchdog(facts: HostFacts, named: WatchdogChoice | null): WatchdogChoice | null {
  if (named !== null) {
    const listed = facts.watchdogs.find(({ device }) => device === named.device);
    return { device: named.device, attributes: named.attributes ?? listed?.attributes ?? null };
  }
  const sorted = [...facts.watchdogs].sort(
    (a, b) => Number(isSoftware(a.identity)) - Number(isSoftware(b.identity)),
  );
  const [first] = sorted;
  if (first !== undefined) return { device: first.device, attributes: first.attributes };
  const [device] = facts.watchdogDevices;
  return device === undefined ? null : { device, attributes: null };
}

export function isSoftware(identity: string): boolean {
  return /soft(ware)?[ -]?(dog|watchdog)/i.test(identity);
}

/** A device that resets the host when the keeper stops, used by nobody else. Pure. */
export function watchdogChecks(facts: HostFacts, named: WatchdogChoice | null): Check[] {
  return [device(facts, named), free(facts), tool(facts)];
}

function device(facts: HostFacts, named: WatchdogChoice | null): Check {
  const base = {
    id: 'watchdog.device',
    group: 'watchdog' as const,
    host: facts.name,
    title: 'There is a watchdog that can reset the host',
  };
  const chosen = chooseWatchdog(facts, named);
  if (chosen === null) {
    return failed(
      base,
      'no /dev/watchdog',
      {
        code: 'host.no-watchdog',
        message: `${facts.name} has no watchdog device.`,
        meaning:
          'Nothing would stop its VMs if it hung, so no other host may take them over by time: only after a proof that it is dead.',
        fix: 'Load the driver of the board (iTCO_wdt, sp5100_tco, ipmi_watchdog, hpwdt), enable the watchdog in the firmware, or take it on (in a terminal: --accept watchdog.device).',
      },
      true,
    );
  }
  if (named !== null && !facts.watchdogDevices.includes(named.device)) {
    return failed(base, facts.watchdogDevices.join(', ') || 'no /dev/watchdog', {
      code: 'host.watchdog-not-there',
      message: `${facts.name} has no watchdog ${named.device}.`,
      fix: `Name one of: ${facts.watchdogDevices.join(', ') || 'none there'}.`,
    });
  }
  const known = facts.watchdogs.find((each) => each.device === chosen.device);
  const evidence = known === undefined ? chosen.device : `${known.identity || 'unnamed'} at ${known.device}`;
  if (known !== undefined && isSoftware(known.identity)) {
    return warn(base, evidence, {
      code: 'host.software-watchdog',
      message: `${facts.name} has only the kernel's software watchdog.`,
      meaning:
        'It does not fire when the kernel itself hangs. Its VMs are taken over by time only if you accept that, after twice the time.',
      fix: "Load the driver of the board's own watchdog, or accept it when the group is made (in a terminal: --accept-software-watchdog).",
    });
  }
  if (known?.nowayout === true) {
    return warn(base, `${evidence}, nowayout`, {
      code: 'host.watchdog-nowayout',
      message: `The watchdog of ${facts.name} can not be stopped once it runs (nowayout).`,
      meaning: 'It protects as well as any. When the host is uninstalled, it is reset some seconds later.',
      fix: 'Load its driver without nowayout=1, or plan a reboot for the removal.',
    });
  }
  return pass(base, evidence);
}

function free(facts: HostFacts): Check {
  const base = {
    id: 'watchdog.free',
    group: 'watchdog' as const,
    host: facts.name,
    title: 'Nothing else uses the watchdog',
  };
  if (facts.watchdogDevices.length === 0 && facts.watchdogs.length === 0) return skipped(base, 'no watchdog');
  const holders = facts.watchdogHolders.filter((line) => !/ (node|understudy|sh|MainThread)/.test(line));
  const byUs = facts.watchdogHolders.length > holders.length;
  const systemd = facts.runtimeWatchdog !== '' && !/^(0|infinity)$/.test(facts.runtimeWatchdog);
  if (holders.length === 0 && !systemd) return pass(base, byUs ? 'used by the keeper' : 'unused');
  const names = systemd ? [`systemd (RuntimeWatchdogSec=${facts.runtimeWatchdog})`] : [];
  const users = [...names, ...holders.map((line) => line.replace(/^(\d+) (.*)$/, '$2 (process $1)'))];
  return failed(base, users.join(', '), {
    code: 'host.watchdog-in-use',
    message: `The watchdog of ${facts.name} is used by ${users.join(' and ')}.`,
    meaning: 'It would be petted although the keeper stopped, and the host would not be reset.',
    fix: systemd
      ? 'Set RuntimeWatchdogSec=off in /etc/systemd/system.conf there and run systemctl daemon-reexec.'
      : 'Stop and disable that program.',
  });
}

function tool(facts: HostFacts): Check {
  const base = {
    id: 'watchdog.wdctl',
    group: 'watchdog' as const,
    host: facts.name,
    title: "wdctl is there to set the watchdog's time",
  };
  if (facts.tools.includes('wdctl')) return pass(base, 'util-linux wdctl');
  return failed(base, 'not found', {
    code: 'host.no-wdctl',
    message: `${facts.name} has no wdctl.`,
    fix: 'Install util-linux (all of it, or util-linux-extra).',
  });
}
