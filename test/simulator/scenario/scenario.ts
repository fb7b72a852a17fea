import * as z from 'zod';
import { Failback } from '../../../agent/protocol/group.ts';
import { VmHealth } from '../../../agent/protocol/health.ts';
import { MAX_HOSTS, MAX_VMS } from '../../../agent/protocol/ids.ts';

/**
 * A scenario file: the world at second 0, what happens in it and when, and what must be seen. docs/simulator.md tells
 * the format. All times are seconds of simulated time, fractions allowed, unless the name says otherwise.
 */

/** A day: longer worlds show nothing that shorter ones do not, and a typing error should not run for hours. */
const MAX_SECONDS = 86_400;
/** One-way delay of a link or of the store; past this it is a loss. */
const MAX_DELAY_MS = 600_000;
/** Crystal clocks are within 200 ppm; this is far outside of what is assumed, and still a running clock. */
const MAX_PPM = 100_000;
export const MAX_STEPS = 5000;
const MAX_EXPECTATIONS = 1000;
/** The product's own limit: links of one pair of hosts. */
export const MAX_LINKS_OF_PAIR = 4;
const MAX_LINKS = ((MAX_HOSTS * (MAX_HOSTS - 1)) / 2) * MAX_LINKS_OF_PAIR;

const seconds = z.number().min(0).max(MAX_SECONDS);
const hostName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/, 'must be a host name');
const vmName = z.string().regex(/^[^/.\p{Cc}][^/\p{Cc}]{0,127}$/u, 'must be a name that libvirt takes');

/** What a power controller (BMC) does when it is asked: the truth after switching off, "on", a lie, nothing. */
export const bmcAnswers = ['off', 'on', 'lie', 'none'] as const;
export const adminCommands = [
  'start',
  'stop',
  'switchover',
  'maintenance-on',
  'maintenance-off',
  'disarm',
  'arm',
  'profile',
  'protect',
  'unprotect',
  'step-down',
  'on-battery',
  'low-battery',
  'power-back',
] as const;
const profiles = ['swift', 'steady', 'patient'] as const;

const onHost = { host: hostName };
const onOneOrAll = { host: hostName.optional() };
const onVm = { vm: vmName };
const onLink = {
  from: hostName,
  to: hostName,
  link: z
    .int()
    .min(0)
    .max(MAX_LINKS_OF_PAIR - 1)
    .optional(),
};
/** Without `from` and `to`: every link, both ways. */
const onLinkOrAll = { ...onLink, from: hostName.optional(), to: hostName.optional() };
const delay = z.number().min(0).max(MAX_DELAY_MS);

function verb<Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) {
  return z.strictObject({ at: seconds, do: z.literal(name), ...shape });
}

/** Every verb with its fields. */
export const stepSchemas = {
  'power-off': verb('power-off', onHost),
  'power-on': verb('power-on', onHost),
  reset: verb('reset', onHost),
  freeze: verb('freeze', onHost),
  thaw: verb('thaw', onHost),
  'agent-stop': verb('agent-stop', onHost),
  'agent-start': verb('agent-start', onHost),
  'agent-freeze': verb('agent-freeze', onHost),
  'agent-thaw': verb('agent-thaw', onHost),
  'keeper-kill': verb('keeper-kill', onHost),
  'keeper-freeze': verb('keeper-freeze', onHost),
  'keeper-thaw': verb('keeper-thaw', onHost),
  'store-io-kill': verb('store-io-kill', onHost),
  'libvirtd-stop': verb('libvirtd-stop', onHost),
  'libvirtd-start': verb('libvirtd-start', onHost),
  'libvirtd-hang': verb('libvirtd-hang', onHost),
  'link-cut': verb('link-cut', onLink),
  'link-heal': verb('link-heal', onLink),
  'link-loss': verb('link-loss', { ...onLinkOrAll, percent: z.number().min(0).max(100) }),
  'link-delay': verb('link-delay', { ...onLinkOrAll, ms: delay }),
  'uplink-cut': verb('uplink-cut', onHost),
  'uplink-heal': verb('uplink-heal', onHost),
  'hardware-fails': verb('hardware-fails', onHost),
  'hardware-heals': verb('hardware-heals', onHost),
  'store-cut': verb('store-cut', onOneOrAll),
  'store-stall': verb('store-stall', onOneOrAll),
  'store-heal': verb('store-heal', onOneOrAll),
  'store-readonly': verb('store-readonly', onOneOrAll),
  'store-delay': verb('store-delay', { ...onOneOrAll, ms: delay }),
  'store-torn-write': verb('store-torn-write', onOneOrAll),
  'store-rollback': verb('store-rollback', { seconds }),
  'clock-rate': verb('clock-rate', { ...onHost, ppm: z.number().min(-MAX_PPM).max(MAX_PPM) }),
  'clock-step': verb('clock-step', { ...onHost, seconds: z.number().min(-MAX_SECONDS).max(MAX_SECONDS) }),
  'watchdog-fail': verb('watchdog-fail', onHost),
  bmc: verb('bmc', { ...onHost, answer: z.enum(bmcAnswers) }),
  'vm-crash': verb('vm-crash', onVm),
  'vm-hang': verb('vm-hang', onVm),
  'app-fail': verb('app-fail', onVm),
  'guest-shutdown': verb('guest-shutdown', onVm),
  /** By itself, and busy for so long until it serves: updates. */
  'guest-reboot': verb('guest-reboot', { ...onVm, seconds }),
  admin: verb('admin', {
    command: z.enum(adminCommands),
    vm: vmName.optional(),
    host: hostName.optional(),
    to: hostName.optional(),
    /** Of a switchover or a maintenance: while the guest runs; `or-shutdown`: with a shutdown where that fails. */
    live: z.union([z.boolean(), z.literal('or-shutdown')]).optional(),
    /** Of a maintenance: VMs that prefer the host return to it afterwards. */
    bringBack: z.boolean().optional(),
    profile: z.enum(profiles).optional(),
    /** `virsh`: typed on the host, past the agent. Only for start and stop. */
    with: z.enum(['understudy', 'virsh']).optional(),
  }),
  'upgrade-agent': verb('upgrade-agent', onHost),
} as const;

export type Verb = keyof typeof stepSchemas;
export type Step = { [Name in Verb]: z.infer<(typeof stepSchemas)[Name]> }[Verb];
export type AdminStep = Extract<Step, { do: 'admin' }>;

/** The product's own policy of a VM, in its own words; what is left out has the product's default. */
export const policySchema = z.strictObject({
  maxRestarts: z.int().min(0).max(20).optional(),
  windowMs: z.int().min(10_000).max(86_400_000).optional(),
  order: z.int().min(0).max(1000).optional(),
  shutdownTimeoutMs: z.int().min(1000).max(3_600_000).optional(),
  health: z.custom<VmHealth>((value) => VmHealth.safeParse(value).success, 'is no health policy').optional(),
  onIsolation: z.enum(['tell', 'live', 'move']).optional(),
  onDegraded: z.enum(['tell', 'live', 'move']).optional(),
  /** Names of VMs. */
  after: z.array(vmName).max(4).optional(),
  apart: z.array(vmName).max(4).optional(),
  together: z.array(vmName).max(4).optional(),
  failback: z.custom<Failback>((value) => Failback.safeParse(value).success, 'is no failback').optional(),
});

export const vmSchema = z.strictObject({
  name: vmName,
  /** Where it runs at second 0; its standbys are the other hosts, in their order. */
  host: hostName,
  /** From the guest's first instruction until it serves. */
  bootTime: seconds.default(10),
  policy: policySchema.default({}),
  /** How its disks are written, which decides what proves that no write can still land (docs/safety.md, rule 8). */
  drain: z.enum(['threads-stopped', 'exit-waits']).default('threads-stopped'),
});
export type ScenarioVm = z.infer<typeof vmSchema>;

export const readinessLevels = ['protected', 'degraded', 'unprotected'] as const;

/** Each names a VM or a host and at least one thing that must be so. Without `at`: at the end. */
export const vmExpectationSchema = z.strictObject({
  at: seconds.optional(),
  vm: vmName,
  runsOn: hostName.nullable().optional(),
  readiness: z.enum(readinessLevels).optional(),
  maxDowntime: seconds.optional(),
});
export const hostExpectationSchema = z.strictObject({
  at: seconds.optional(),
  host: hostName,
  resets: z.int().min(0).max(MAX_STEPS).optional(),
  runs: z.array(vmName).max(MAX_VMS).optional(),
});
export type VmExpectation = z.infer<typeof vmExpectationSchema>;
export type HostExpectation = z.infer<typeof hostExpectationSchema>;
export type Expectation = VmExpectation | HostExpectation;

/** The file without what is looked at one by one: its VMs, steps and expectations. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  /** One sentence: what the scenario is for. */
  for: z.string().min(1).max(1000).optional(),
  hosts: z.array(hostName).min(2).max(MAX_HOSTS),
  links: z
    .array(z.tuple([hostName, hostName]))
    .max(MAX_LINKS)
    .optional(),
  profile: z.enum(profiles).default('steady'),
  watchdog: z.boolean().default(true),
  bmc: z.record(z.string(), z.enum(bmcAnswers)).default({}),
  vms: z.array(z.unknown()).max(MAX_VMS).default([]),
  steps: z.array(z.unknown()).max(MAX_STEPS).default([]),
  until: seconds.positive(),
  expect: z.array(z.unknown()).max(MAX_EXPECTATIONS).default([]),
});
type ScenarioHead = z.infer<typeof scenarioSchema>;

export interface Scenario {
  readonly name: string;
  readonly for?: string;
  /** Their order is the order of preference as standby. */
  readonly hosts: readonly string[];
  /** Cables; several of one pair are told apart by `link`, counted from 0 within the pair. */
  readonly links: readonly (readonly [string, string])[];
  readonly profile: ScenarioHead['profile'];
  readonly watchdog: boolean;
  readonly bmc: Readonly<Record<string, (typeof bmcAnswers)[number]>>;
  readonly vms: readonly ScenarioVm[];
  /** In the order of their times. */
  readonly steps: readonly Step[];
  readonly until: number;
  readonly expect: readonly Expectation[];
}
