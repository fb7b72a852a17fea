import type { PolicyChange, SettingsChange } from '../../../electron/ipc/daily/views.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { shown } from './actions.ts';
import { app } from './store.ts';

/** What the daily pages ask of the app. Each gives whether it was done; what went wrong is shown as a notice. */

interface VmName {
  readonly groupId: string;
  readonly vmId: string;
  readonly name: string;
}

export async function startVm({ groupId, vmId, name }: VmName): Promise<void> {
  await shown(`${name} could not be started`, app().vm.start({ groupId, vmId }));
}

export async function stopVm({ groupId, vmId, name }: VmName): Promise<void> {
  await shown(`${name} could not be stopped`, app().vm.stop({ groupId, vmId }));
}

export async function unprotectVm({ groupId, vmId, name }: VmName): Promise<boolean> {
  const reply = app().vm.unprotect({ groupId, vmId });
  await shown(`The protection of ${name} could not be ended`, reply);
  return (await reply).ok;
}

export async function setPolicy({ groupId, vmId, name }: VmName, policy: PolicyChange): Promise<boolean> {
  const reply = app().vm.setPolicy({ groupId, vmId, policy });
  await shown(`The policy of ${name} could not be changed`, reply);
  return (await reply).ok;
}

export async function beginDrill({ groupId, vmId, name }: VmName, host: string): Promise<void> {
  await shown(`The drill of ${name} on ${host} was not begun`, app().vm.drill({ groupId, vmId, host }));
}

export async function stopDrill({ groupId, vmId, name }: VmName, host: string): Promise<void> {
  await shown(
    `The drill of ${name} on ${host} could not be stopped`,
    app().vm.stopDrill({ groupId, vmId, host }),
  );
}

export async function stopRun(runId: string): Promise<void> {
  await shown('The switchover could not be stopped', app().switchOver.stop({ runId }));
}

export async function endPause(groupId: string): Promise<void> {
  await shown('Protection could not be resumed', app().maintenance.arm({ groupId }));
}

export async function endHostMaintenance(groupId: string, host: string): Promise<void> {
  await shown(`The maintenance of ${host} could not be ended`, app().maintenance.end({ groupId, host }));
}

export async function dismissAway(): Promise<void> {
  await shown('It could not be put away', app().away.dismiss({}));
}

export async function changeSettings(change: SettingsChange): Promise<void> {
  await shown('The setting could not be changed', app().settings.change(change));
}

export async function chooseProfile(groupId: string, profile: ProfileName): Promise<boolean> {
  const reply = app().timing.choose({ groupId, profile });
  await shown('The timing could not be changed', reply);
  return (await reply).ok;
}

export async function rollOut(groupId: string): Promise<void> {
  await shown('The agents could not be updated', app().updates.rollOut({ groupId }));
}

export async function stopRollOut(groupId: string): Promise<void> {
  await shown('The update could not be stopped', app().updates.stop({ groupId }));
}

export async function forgetKey(host: string): Promise<void> {
  await shown(`The key of ${host} could not be forgotten`, app().hosts.forgetKey({ host }));
}

export async function forgetSecrets(host: string): Promise<void> {
  await shown(`The passwords of ${host} could not be forgotten`, app().hosts.forgetSecrets({ host }));
}

export async function forgetHost(host: string): Promise<void> {
  await shown(`${host} could not be forgotten`, app().hosts.forget({ host }));
}
