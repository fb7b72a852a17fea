import type { GroupKind, HostView, Verdict, VmView, WhatIf } from '../ipc/views.ts';
import { count, duration, listed } from '../ipc/words.ts';

interface Facts {
  readonly kind: GroupKind;
  readonly hosts: readonly HostView[];
  readonly vms: readonly VmView[];
  readonly disarmed: boolean;
  /** How long a disarmed group stays so; null: until somebody arms it. */
  readonly disarmedForMs: number | null;
  readonly takeoverMs: number | null;
  /** Of the newest configuration that is known; null: none is. */
  readonly generation: number | null;
}

const hostOf = ({ place }: VmView): string | null => ('host' in place ? place.host : null);
const isStandby = (vm: VmView, host: HostView): boolean =>
  vm.hosts.includes(host.name) && hostOf(vm) !== host.name;

/** "If A fails": who takes what, and how long it takes; only for hosts that run something now. */
export function whatIfs({ hosts, vms, takeoverMs, disarmed }: Facts): readonly WhatIf[] {
  return hosts.flatMap(({ name }) => {
    const here = vms.filter((vm) => hostOf(vm) === name && vm.desired === 'running');
    if (here.length === 0) return [];
    const lost = here.filter((vm) => vm.readiness.level === 'unprotected' || disarmed);
    const saved = here.filter((vm) => !lost.includes(vm));
    const takers = hosts.filter(
      (host) => host.name !== name && host.state === 'alive' && saved.some((vm) => isStandby(vm, host)),
    );
    if (saved.length === 0 || takers.length === 0) {
      return [{ host: name, sentence: `${count(here.length, 'VM')} would stop and stay stopped.` }];
    }
    const within = takeoverMs === null ? '' : ` after about ${duration(takeoverMs)}`;
    const verb = takers.length === 1 ? 'takes' : 'take';
    const rest = lost.length === 0 ? '' : ` ${listed(lost.map((vm) => vm.name))} would stay stopped.`;
    const who = takers.length > 2 ? 'the others' : listed(takers.map((host) => host.name));
    return [{ host: name, sentence: `${who} ${verb} over ${count(saved.length, 'VM')}${within}.${rest}` }];
  });
}

function bringBack(kind: GroupKind, name: string): string {
  return kind === 'demo'
    ? `Power ${name} on again; it joins by itself.`
    : `Check the power and network of ${name}. It joins again by itself when it is back.`;
}

function missingSuggestion({ hosts, kind }: Facts): string | null {
  const gone = hosts.find(({ state }) => state === 'dead' || state === 'silent');
  return gone === undefined ? null : bringBack(kind, gone.name);
}

/** What the first failed connection of this app says to do. */
function fixOf(hosts: readonly HostView[]): string | null {
  const fixes = hosts.flatMap(({ console }) => (console.kind === 'lost' ? (console.failure.fix ?? []) : []));
  return fixes[0] ?? null;
}

function notKnown({ hosts, kind }: Facts): Verdict {
  const connecting = hosts.some(({ console }) => console.kind === 'connecting');
  const off = hosts.length > 0 && hosts.every(({ demoPower }) => demoPower === 'off');
  if (off) {
    const sentence = `The plug of ${listed(hosts.map(({ name }) => name))} is pulled.`;
    return {
      word: 'not-known',
      sentence,
      suggestion: `Power a host on. ${kind === 'demo' ? 'Nothing is lost.' : ''}`,
    };
  }
  if (kind === 'demo' && hosts.every(({ report }) => report === null)) {
    return { word: 'not-known', sentence: 'The demo hosts are starting.', suggestion: null };
  }
  return {
    word: 'not-known',
    sentence: connecting
      ? 'Waiting for the first report of the hosts.'
      : "This app can't reach the hosts. They may be fine, and they watch each other without it.",
    suggestion: connecting
      ? null
      : (fixOf(hosts) ?? 'Check the network between this computer and the hosts.'),
  };
}

function withoutVms({ kind, generation }: Facts): Verdict {
  const isNew = generation === null || generation === 1;
  if (kind === 'demo' && isNew) {
    const sentence = 'The demo group is starting: its VMs follow when both hosts are up.';
    return { word: 'working', sentence, suggestion: null };
  }
  const suggestion = 'Choose the VMs that are to go on when their host fails: on the page VMs.';
  return { word: 'not-protected', sentence: 'No VM is protected yet.', suggestion };
}

/** Names while there are few, a number when there are many. */
const named = (vms: readonly VmView[]): string =>
  vms.length <= 3 ? listed(vms.map(({ name }) => name)) : count(vms.length, 'VM');

const allOf = (vms: readonly VmView[]): string =>
  vms.length > 2 ? `All ${vms.length} VMs` : vms.length === 2 ? 'Both VMs' : named(vms);

function working(busy: readonly VmView[]): Verdict {
  const [first] = busy;
  const doing = busy.find(({ activity }) => activity !== null);
  if (first === undefined) throw new Error('A verdict of work needs a VM that is being worked on.');
  if (doing?.activity?.kind === 'switchover') {
    const to = doing.activity.to ?? 'the other host';
    return { word: 'working', sentence: `Switching ${named(busy)} over to ${to}.`, suggestion: null };
  }
  const waiting = busy.find(({ place }) => place.kind === 'waiting');
  if (waiting?.place.kind === 'waiting' && !waiting.place.lastHostAnswers && doing === undefined) {
    const inMs = waiting.place.takeoverInMs;
    const when = inMs === null || inMs < 500 ? 'now' : `in about ${duration(inMs)}`;
    const who = waiting.hosts.filter((name) => waiting.holder !== name);
    const sentence = `${waiting.holder ?? 'A host'} is silent. ${listed(who)} may take over ${named(busy)} ${when}.`;
    return { word: 'working', sentence, suggestion: null };
  }
  const verb = doing?.activity?.kind === 'stop' ? 'Stopping' : 'Starting';
  const where = doing?.activity?.to ?? doing?.activity?.on ?? null;
  const on = where === null ? '' : ` on ${where}`;
  return { word: 'working', sentence: `${verb} ${named(busy)}${on}.`, suggestion: null };
}

function troubled(word: 'at-risk' | 'not-protected', facts: Facts): Verdict {
  const vms = facts.vms.filter((vm) => vm.word === word);
  const reason = vms[0]?.readiness.reasons[0];
  const degree = word === 'at-risk' ? 'protected with less safety net' : 'not protected';
  const subject = vms.length === facts.vms.length ? allOf(vms) : named(vms);
  const plural = vms.length === 1 ? 'is' : 'are';
  const because = reason === undefined ? '' : ` ${reason.message}`;
  const running = vms.every(({ place }) => 'host' in place) ? ' running but' : '';
  const sentence =
    word === 'not-protected'
      ? `${subject} ${plural}${running} ${degree}.${because}`
      : `${subject} ${plural} ${degree}.${because}`;
  const unplugged = facts.hosts.some(({ demoPower }) => demoPower === 'off');
  const suggestion = unplugged ? missingSuggestion(facts) : (reason?.fix ?? missingSuggestion(facts));
  return { word, sentence, suggestion };
}

/** A maintenance takes the safety net away, as somebody wanted. */
function maintained(resting: readonly VmView[], { vms }: Facts): Verdict {
  const reason = resting[0]?.readiness.reasons.find(({ weight }) => weight === 'unprotected');
  const subject = resting.length === vms.length ? allOf(resting) : named(resting);
  const rest = `${subject} would stay stopped if ${resting.length === 1 ? 'its host' : 'their host'} failed now.`;
  return {
    word: 'paused',
    sentence: `${reason?.message ?? 'A host is in maintenance.'} ${rest}`,
    suggestion: 'End the maintenance when the work is done.',
  };
}

/** The group in one word, one sentence and at most one suggestion: the most urgent thing only. */
export function verdict(facts: Facts): Verdict {
  const { hosts, vms, disarmed } = facts;
  const twice = vms.find(({ place }) => place.kind === 'twice');
  if (twice?.place.kind === 'twice') {
    const sentence = `${listed(twice.place.hosts)} both say that they run ${twice.name}.`;
    return { word: 'not-protected', sentence, suggestion: `Stop ${twice.name} on one of them at once.` };
  }
  if (!hosts.some(({ report }) => report?.fresh === true)) return notKnown(facts);
  if (disarmed) {
    const ends = facts.disarmedForMs === null ? '' : ` for another ${duration(facts.disarmedForMs)}`;
    const sentence = `Protection is paused for the whole group${ends}. Failures are not handled.`;
    const suggestion = facts.disarmedForMs === null ? 'End the pause when the work is done.' : null;
    return { word: 'paused', sentence, suggestion };
  }
  const busy = vms.filter(({ word }) => word === 'working');
  if (busy.length > 0) return working(busy);
  if (vms.some(({ word }) => word === 'not-protected')) return troubled('not-protected', facts);
  if (vms.some(({ word }) => word === 'at-risk')) return troubled('at-risk', facts);
  const resting = vms.filter(({ word }) => word === 'paused');
  if (resting.length > 0) return maintained(resting, facts);
  if (vms.length === 0) return withoutVms(facts);
  const sentence = `${allOf(vms)} ${vms.length === 1 ? 'is' : 'are'} protected.`;
  return { word: 'protected', sentence, suggestion: missingSuggestion(facts) };
}
