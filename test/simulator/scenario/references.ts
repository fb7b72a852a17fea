import type { Problem } from './parseScenario.ts';
import type { Path } from './places.ts';
import { type AdminStep, MAX_LINKS_OF_PAIR, type Scenario, type Step } from './scenario.ts';

/** What the types can't say: that names are known and stand once, times grow, and each command has what it needs. */
export function checkReferences(scenario: Scenario, problems: Problem[]): void {
  const vms = scenario.vms.map((vm) => vm.name);
  const say = (path: Path, text: string): void => void problems.push({ path, text });
  const known = (
    kind: string,
    names: readonly string[],
    name: string | null | undefined,
    path: Path,
  ): void => {
    if (name === undefined || name === null || names.includes(name)) return;
    const choices = names.length === 0 ? 'there are none' : names.join(', ');
    say(path, `unknown ${kind} "${name}". Known: ${choices}`);
  };
  const host = (name: string | null | undefined, path: Path): void =>
    known('host', scenario.hosts, name, path);
  const vm = (name: string | undefined, path: Path): void => known('VM', vms, name, path);

  once(scenario.hosts, (index) => say(['hosts', index], 'stands twice'));
  once(vms, (index) => say(['vms', index, 'name'], 'stands twice'));
  checkLinks(scenario, host, say);
  for (const name of Object.keys(scenario.bmc)) host(name, ['bmc', name]);
  for (const [index, one] of scenario.vms.entries()) host(one.host, ['vms', index, 'host']);

  let latest = 0;
  for (const [index, step] of scenario.steps.entries()) {
    const path = ['steps', index];
    if (step.at < latest)
      say([...path, 'at'], `${step.at} comes after ${latest}: steps stand in the order of time`);
    if (step.at > scenario.until) say([...path, 'at'], `${step.at} is after "until", ${scenario.until}`);
    latest = Math.max(latest, step.at);
    for (const field of ['host', 'from', 'to'] as const) {
      host(field in step ? (step as Partial<Record<typeof field, string>>)[field] : undefined, [
        ...path,
        field,
      ]);
    }
    if ('vm' in step) vm(step.vm, [...path, 'vm']);
    checkStep(scenario, step, (field, text) => say([...path, field], text));
  }
  for (const [index, one] of scenario.expect.entries()) {
    const path = ['expect', index];
    if ((one.at ?? 0) > scenario.until) say([...path, 'at'], `${one.at} is after "until", ${scenario.until}`);
    if ('vm' in one) {
      vm(one.vm, [...path, 'vm']);
      host(one.runsOn, [...path, 'runsOn']);
    } else {
      host(one.host, [...path, 'host']);
      for (const [place, name] of (one.runs ?? []).entries()) vm(name, [...path, 'runs', place]);
    }
  }
}

function checkLinks(
  { links }: Scenario,
  host: (name: string, path: Path) => void,
  say: (path: Path, text: string) => void,
): void {
  const counts = new Map<string, number>();
  for (const [index, [one, other]] of links.entries()) {
    host(one, ['links', index, 0]);
    host(other, ['links', index, 1]);
    if (one === other) say(['links', index], 'a link from a host to itself');
    const pair = [one, other].toSorted().join(' and ');
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
    if (counts.get(pair) === MAX_LINKS_OF_PAIR + 1) {
      say(['links', index], `more than ${MAX_LINKS_OF_PAIR} links between ${pair}`);
    }
  }
}

function once(names: readonly string[], say: (index: number) => void): void {
  for (const [index, name] of names.entries()) if (names.indexOf(name) < index) say(index);
}

function checkStep(scenario: Scenario, step: Step, say: (field: string, text: string) => void): void {
  if ('from' in step || 'link' in step) {
    checkLinkStep(scenario, step, say);
  } else if (step.do === 'admin') {
    checkAdmin(step, say);
  }
}

function checkLinkStep(
  { links }: Scenario,
  { from, to, link }: Extract<Step, { do: `link-${string}` }>,
  say: (field: string, text: string) => void,
): void {
  if (from === undefined && to === undefined) {
    if (link !== undefined) say('link', 'needs "from" and "to"');
    return;
  }
  if (from === undefined || to === undefined) {
    return say(from === undefined ? 'from' : 'to', 'missing: a direction has both "from" and "to"');
  }
  const count = links.filter((pair) => pair.includes(from) && pair.includes(to) && from !== to).length;
  if (count === 0) say('to', `there is no link from ${from} to ${to}`);
  else if (link !== undefined && link >= count) {
    say(
      'link',
      `unknown link ${link} from ${from} to ${to}. Known: ${Array.from({ length: count }, (_, index) => index).join(', ')}`,
    );
  }
}

/** Which fields each command takes besides. */
const adminFields = {
  start: { needs: ['vm'], may: ['host', 'with'] },
  stop: { needs: ['vm'], may: ['host', 'with'] },
  switchover: { needs: ['vm'], may: ['host', 'to'] },
  'maintenance-on': { needs: [], may: ['vm', 'host'] },
  'maintenance-off': { needs: [], may: ['vm', 'host'] },
  disarm: { needs: [], may: ['host'] },
  arm: { needs: [], may: ['host'] },
  profile: { needs: ['profile'], may: ['host'] },
  protect: { needs: ['vm'], may: ['host'] },
  unprotect: { needs: ['vm'], may: ['host'] },
  'step-down': { needs: ['host'], may: [] },
  'on-battery': { needs: ['host'], may: [] },
  'low-battery': { needs: ['host'], may: [] },
  'power-back': { needs: ['host'], may: [] },
} as const satisfies Record<AdminStep['command'], { needs: readonly string[]; may: readonly string[] }>;

function checkAdmin(step: AdminStep, say: (field: string, text: string) => void): void {
  const { needs, may }: { needs: readonly string[]; may: readonly string[] } = adminFields[step.command];
  for (const field of needs) if (!(field in step)) say(field, `missing: "${step.command}" needs it`);
  for (const field of ['vm', 'host', 'to', 'profile', 'with']) {
    if (field in step && ![...needs, ...may].includes(field)) {
      const known = [...needs, ...may].join(', ');
      say(field, `"${step.command}" has no such field. Known: ${known}`);
    }
  }
}
