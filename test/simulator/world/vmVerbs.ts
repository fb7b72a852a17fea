import type { Vm } from './guests.ts';
import type { StepOf } from './verbs.ts';
import type { World } from './world.ts';

export function onVm(
  world: World,
  step: StepOf<'vm-crash' | 'vm-hang' | 'app-fail' | 'guest-shutdown' | 'guest-reboot'>,
): void {
  const vm: Vm | undefined = world.vms.find((one) => one.name === step.vm);
  const qemu = vm === undefined ? null : world.guests.running(vm);
  world.calm.happened('guest', world.queue.nowMs);
  if (vm === undefined || qemu === null) {
    world.tell(null, `${step.vm} runs nowhere: nothing happens to it.`);
    return;
  }
  const { slot } = qemu.host;
  switch (step.do) {
    case 'vm-crash':
      world.tell(slot, `The QEMU of ${vm.name} crashes.`);
      world.guests.kill(qemu);
      return;
    case 'vm-hang':
      world.tell(slot, `The guest of ${vm.name} hangs.${unwatched(world, vm)}`);
      world.guests.hang(qemu);
      world.service.look(vm);
      return;
    case 'app-fail':
      world.tell(slot, `The application in ${vm.name} fails.${unwatched(world, vm)}`);
      world.guests.setApp(qemu, true);
      return;
    case 'guest-reboot':
      world.tell(slot, `The guest of ${vm.name} restarts itself, for ${step.seconds} s.`);
      world.sites[slot]?.libvirtd.guestReboots(qemu, step.seconds * 1000);
      return;
    case 'guest-shutdown':
      world.tell(slot, `The guest of ${vm.name} is shut down from inside.`);
      world.service.mean(vm, false);
      world.sites[slot]?.libvirtd.guestShutsDown(qemu);
      return;
  }
}

const unwatched = (world: World, vm: Vm): string =>
  world.config.vms[vm.index]?.policy.health === undefined ? ' Nothing watches it.' : '';
