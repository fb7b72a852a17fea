import type { AdminCommand, CommandReply } from '../../../agent/core/engine/types.ts';
import type { AdminStep } from '../scenario/scenario.ts';
import type { Vm } from './guests.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

/** A person with a console or a shell. What is refused is told, and tried no more. */
export class Administrator {
  readonly #world: World;
  #nextCommand = 1;

  constructor(world: World) {
    this.#world = world;
  }

  do(step: AdminStep): void {
    const vm = this.#world.vms.find((one) => one.name === step.vm) ?? null;
    const site = this.#siteFor(step, vm);
    if (site === null) {
      this.#world.tell(null, `The administrator wants "${step.command}", but no host is up to be asked.`);
      return;
    }
    if (step.with === 'virsh' && vm !== null) this.#virsh(site, vm, step.command === 'start');
    else this.#ask(site, step, vm, true);
  }

  /** As named; else where the VM runs, else its holder, else the first host that is up. */
  #siteFor(step: AdminStep, vm: Vm | null): Site | null {
    const { sites, guests, judge } = this.#world;
    const isOfHost = ABOUT_ITSELF.has(step.command);
    const named = step.command === 'switchover' || vm !== null || isOfHost ? step.host : undefined;
    if (named !== undefined) return sites.find((site) => site.host.name === named) ?? null;
    const isUp = (site: Site | undefined): site is Site => site?.host.isWorking === true;
    const running = vm === null ? null : guests.running(vm);
    const candidates = [
      running === null ? undefined : sites[running.host.slot],
      vm === null ? undefined : sites[judge.holder(vm)?.slot ?? -1],
      ...sites.filter((site) => site.agent.process.isListening),
      ...sites,
    ];
    return candidates.find(isUp) ?? null;
  }

  #virsh(site: Site, vm: Vm, isStart: boolean): void {
    const { service, judge } = this.#world;
    const what = isStart ? 'start' : 'destroy';
    this.#world.tell(site.host.slot, `The administrator types "virsh ${what} ${vm.name}".`);
    if (!site.host.isWorking) return;
    const before = service.isMeant(vm);
    if (!isStart) service.mean(vm, false);
    else judge.personStartsByHand(vm, false);
    site.libvirtd.virsh(vm, what, (outcome) => {
      if (isStart) judge.personStartsByHand(vm, true);
      if (outcome.kind === 'failed') {
        this.#world.tell(site.host.slot, `virsh says: ${outcome.failure.message}`);
        if (!isStart) service.mean(vm, before);
      } else if (isStart) service.mean(vm, true);
    });
  }

  #ask(site: Site, step: AdminStep, vm: Vm | null, mayAskNext: boolean): void {
    const command = commandOf(step);
    const { service, judge } = this.#world;
    const { slot, name } = site.host;
    const what = [
      step.command,
      step.vm,
      step.host !== undefined && vm === null ? step.host : undefined,
      step.to && `to ${step.to}`,
    ];
    this.#world.tell(slot, `The administrator asks for "${what.filter(Boolean).join(' ')}".`);
    if (command === null || !site.agent.isRunning) {
      this.#world.tell(
        slot,
        `The agent of ${name} ${command === null ? 'knows no such command' : 'does not answer'}.`,
      );
      return;
    }
    const before = vm !== null && service.isMeant(vm);
    if (vm !== null && command.kind === 'vm.stop') service.mean(vm, false);
    if (vm !== null && command.kind === 'vm.start') {
      service.mean(vm, true);
      judge.personStarts(vm);
    }
    const id = this.#nextCommand;
    this.#nextCommand += 1;
    site.agent.command(id, command, (reply) => {
      const isRefused = reply.kind === 'failure';
      this.#world.tell(slot, `The administrator is told: ${textOf(reply)}`);
      if (!isRefused || vm === null) return;
      service.mean(vm, before);
      // The intent is as it was before: a stop that failed is taken back.
      judge.personStarts(vm);
      const holder = this.#world.sites[judge.holder(vm)?.slot ?? -1];
      const isElsewhere =
        reply.failure.code === 'vm.held-elsewhere' && holder !== undefined && holder !== site;
      if (isElsewhere && mayAskNext) this.#ask(holder, step, vm, false);
    });
  }
}

/** What only the host itself can be told. */
const ABOUT_ITSELF: ReadonlySet<AdminStep['command']> = new Set([
  'step-down',
  'on-battery',
  'low-battery',
  'power-back',
]);
const HOW = { true: 'live', false: 'shutdown', 'or-shutdown': 'live-or-shutdown' } as const;

function commandOf(step: AdminStep): AdminCommand | null {
  const vm = step.vm ?? '';
  switch (step.command) {
    case 'start':
      return { kind: 'vm.start', vm };
    case 'stop':
      return { kind: 'vm.stop', vm };
    case 'switchover':
      return { kind: 'switchover', vm, to: step.to ?? null, how: HOW[`${step.live ?? false}`] };
    case 'profile':
      return step.profile === undefined ? null : { kind: 'profile', profile: step.profile };
    case 'protect':
      return { kind: 'protect', vm, hosts: null, policy: {} };
    case 'unprotect':
      return { kind: 'unprotect', vm };
    case 'step-down':
      return { kind: 'goingDown', reason: 'shutdown' };
    case 'on-battery':
    case 'low-battery':
      return { kind: 'goingDown', reason: step.command };
    case 'power-back':
      return { kind: 'stay' };
    case 'disarm':
      return { kind: 'disarm', forMs: null };
    case 'arm':
      return { kind: 'arm' };
    case 'maintenance-on':
      return step.host === undefined
        ? { kind: 'disarm', forMs: null }
        : {
            kind: 'maintenance',
            host: step.host,
            on: true,
            forMs: null,
            how: HOW[`${step.live ?? false}`],
            ...(step.bringBack === true ? { bringBack: true } : {}),
          };
    case 'maintenance-off':
      return step.host === undefined ? { kind: 'arm' } : { kind: 'maintenance', host: step.host, on: false };
  }
}

function textOf(reply: CommandReply): string {
  switch (reply.kind) {
    case 'text':
      return reply.text;
    case 'failure':
      return reply.failure.message;
    case 'findings':
      return reply.findings.map((finding) => finding.failure.message).join(' ');
  }
}
