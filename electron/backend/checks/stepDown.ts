import { KEEPER_UNIT, STEP_DOWN_UNIT, stepDownUnit } from '../../../agent/install/units.ts';
import { hostWrapper } from '../../../agent/install/wrapper.ts';
import type { HostFacts, UnitFact } from '../facts/facts.ts';
import { type Check, pass, warn } from './check.ts';
import type { Fix } from './fixes.ts';

const UNIT_FILE = `/etc/systemd/system/${STEP_DOWN_UNIT}`;

/** Whether a shutdown of the host waits for its VMs to be given away. Pure. */
export function stepDownCheck(facts: HostFacts): Check {
  const { name, units, installedVersion } = facts;
  const base = {
    id: 'host.step-down',
    group: 'host' as const,
    host: name,
    title: 'A shutdown gives the VMs away first',
  };
  if (installedVersion === null) return pass(base, 'will be set up by the installer');
  const unit = units.get(STEP_DOWN_UNIT);
  // What systemd did not tell of is not held against the host.
  if (unit === undefined) return pass(base, 'systemd tells nothing of it');
  const works = units.get(KEEPER_UNIT)?.active === true;
  const wrong = fault(unit, works);
  if (wrong === null) return pass(base, works ? 'installed, enabled, active' : 'installed, enabled');
  return warn(base, `${STEP_DOWN_UNIT} is ${wrong}`, {
    code: 'host.no-step-down',
    message: `On ${name} the service that holds a shutdown up until the VMs are away is ${wrong}.`,
    meaning:
      'When the host is shut down or rebooted, its VMs go down with it, and the other host starts them only after that.',
    fix: `Press the button beside this line, or: systemctl unmask ${STEP_DOWN_UNIT}; systemctl enable --now ${STEP_DOWN_UNIT}`,
  });
}

/** systemd runs the ExecStop of an active unit only: enabled alone is not enough on a host that works in a group. */
function fault({ loaded, active, fileState }: UnitFact, works: boolean): string | null {
  if (fileState === 'masked') return 'masked';
  if (!loaded) return 'not installed';
  if (fileState !== 'enabled') return 'not enabled';
  return works && !active ? 'not active' : null;
}

/** Sets the service up as the installer does. With no group on the host it begins with the group. */
export const setUpStepDown: Fix = {
  id: 'set-up-step-down',
  label: 'Give VMs away at a shutdown',
  consequence: `Writes ${UNIT_FILE} as the installer does, enables it, and starts it if the host works in a group. It does nothing until the host is shut down.`,
  on: 'host',
  script: `systemctl unmask -- "$1" >/dev/null 2>&1 || :
printf '%s' "$3" >"$2.new"
chmod 0644 -- "$2.new"
mv -f -- "$2.new" "$2"
systemctl daemon-reload
systemctl enable -- "$1" 2>&1
if systemctl is-active --quiet "$4"; then systemctl start -- "$1" 2>&1; fi`,
  args: [STEP_DOWN_UNIT, UNIT_FILE, stepDownUnit(hostWrapper.programDir), KEEPER_UNIT],
};
