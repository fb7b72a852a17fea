import type { GroupConfig, VmPolicy } from '../protocol/group.ts';
import { operand } from './command.ts';
import { type ReadWords, UsageError } from './commandLine.ts';
import { changesHealth, HEALTH_OPTIONS, healthOf } from './healthOptions.ts';
import { POLICY_OPTIONS, policyOf } from './policyOptions.ts';

/** Lists of VMs by their names, which become what they stand for. */
const NAME_OPTIONS = ['--after', '--apart', '--together'] as const;

/** All that `policy VM` takes, on a host and from the console. */
export const POLICY_CHANGE_OPTIONS: readonly string[] = [
  ...POLICY_OPTIONS,
  ...NAME_OPTIONS,
  ...HEALTH_OPTIONS,
];

const namesVms = ({ options }: ReadWords): boolean => NAME_OPTIONS.some((name) => options.has(name));

/** Whether the group's configuration is needed to know what the words mean. */
export const looksAtGroup = (words: ReadWords): boolean => changesHealth(words) || namesVms(words);

/** What is named, on top of what the group has: health is one thing there, changed as a whole. Throws a UsageError. */
export function policyChange(words: ReadWords, config: GroupConfig | null): Partial<VmPolicy> {
  const vm = operand(words);
  const before = config?.vms.find((one) => one.name === vm || one.vm === vm)?.policy.health;
  return {
    ...policyOf(words),
    ...(changesHealth(words) ? { health: healthOf(words, before) } : {}),
    ...namedLists(config, words),
  };
}

/** VMs by their names, with commas between; "none" is none. */
function namedLists(config: GroupConfig | null, { options }: ReadWords): Partial<VmPolicy> {
  const uuids = (option: string, text: string): string[] =>
    text.split(',').map((name) => {
      const vm = config?.vms.find((one) => one.name === name || one.vm === name);
      if (vm !== undefined) return vm.vm;
      throw new UsageError(`${option}: ${name} is not a protected VM of this group.`);
    });
  const lists = NAME_OPTIONS.flatMap((option) => {
    const text = options.get(option);
    if (text === undefined) return [];
    return [[option.slice(2), text === 'none' ? [] : uuids(option, text)] as const];
  });
  return Object.fromEntries(lists);
}

/** Refuses, with a UsageError, what need not be asked about. */
export function checkPolicyChange(words: ReadWords): void {
  const policy = policyOf(words);
  if (changesHealth(words)) healthOf(words, undefined);
  else if (Object.keys(policy).length === 0 && !namesVms(words)) {
    throw new UsageError(`Say what is to change: ${POLICY_CHANGE_OPTIONS.join(', ')}.`);
  }
}
