import type { EventView } from '../../ipc/views.ts';
import { listed } from '../../ipc/words.ts';
import { seconds } from './seconds.ts';
import { fact, numberFact } from './threads.ts';
import type { Told } from './told.ts';

const hostsOf = (events: readonly EventView[], ...codes: readonly string[]): readonly string[] =>
  [...new Set(events.filter(({ code }) => codes.includes(code)).map(({ host }) => host))].toSorted();

/** The store was away for some or all hosts, and none of them had to give its VMs up. */
export function storeStory(events: readonly EventView[]): Told {
  const lost = hostsOf(events, 'store.lost');
  const back = hostsOf(events, 'store.back', 'keeper.thawed');
  const wentBack = events.some(({ code }) => code === 'store.regressed');
  const settled = events.some(({ code }) => code === 'store.regression-over');
  const held = hostsOf(events, 'keeper.store-lost-by-all');
  const isOver = wentBack ? settled : lost.every((host) => back.includes(host));
  const longest = Math.max(0, ...events.flatMap((event) => numberFact(event, 'afterMs') ?? []));
  const error = events.map((event) => fact(event, 'error')).find((text) => text !== null);
  const away = longest === 0 ? '' : ` It was away for up to ${seconds(longest)}.`;
  return {
    kind: 'store',
    word: isOver ? 'protected' : 'not-protected',
    title: wentBack
      ? 'The store went back in time'
      : `${listed(lost) || 'A host'} lost the store${isOver ? ' for a while' : ''}`,
    cause: wentBack
      ? 'The lease area was restored from a snapshot, or the store lost writes that it had acknowledged.'
      : `The store did not answer${error === undefined ? '' : ` (${error})`}.`,
    decision:
      held.length === 0
        ? null
        : `All hosts had lost it together, so ${listed(held)} held their guests instead of stopping them.`,
    outcome: isOver ? `The store is back.${away}` : 'The store is away.',
    needs: isOver ? null : 'Check the network to the storage, and the storage itself.',
    vms: [],
    isOver,
  };
}

/** Heartbeats between two hosts. Nothing is ever moved for these alone. */
export function linkStory(events: readonly EventView[]): Told {
  const down = new Set<string>();
  for (const event of events) {
    const end = `${event.host}<${fact(event, 'host') ?? ''}/${fact(event, 'link') ?? ''}`;
    if (event.code === 'link.up') down.delete(end);
    else if (event.code === 'link.down') down.add(end);
  }
  const pair = [
    ...new Set(events.flatMap((event) => [event.host, fact(event, 'host') ?? event.host])),
  ].toSorted();
  const isUnsteady = events.some(({ code }) => code === 'link.unsteady');
  const isForged = events.some(({ code }) => code === 'link.forged');
  const drops = events.filter(({ code }) => code === 'link.down').length;
  const between = `between ${listed(pair)}`;
  return {
    kind: 'links',
    word: down.size > 0 || isUnsteady || isForged ? 'at-risk' : 'protected',
    title: isForged
      ? `Datagrams with a wrong seal ${between}`
      : down.size > 0
        ? `A heartbeat link ${between} is down`
        : `A heartbeat link ${between} ${isUnsteady ? 'is unsteady' : 'was down for a while'}`,
    cause: isForged
      ? 'A host has another group key, or somebody forges heartbeats.'
      : `Heartbeats did not arrive ${drops > 1 ? `${drops} times` : 'for a while'}: a cable, a switch or a busy network.`,
    decision: 'Nothing is moved for that alone.',
    outcome: down.size > 0 ? 'It is still down.' : 'Heartbeats arrive again.',
    needs: down.size > 0 || isUnsteady ? `Check the cable and the switch ${between}.` : null,
    vms: [],
    isOver: down.size === 0,
  };
}

/** What somebody decided about the group: pauses, policies, profiles. */
export function changeStory(events: readonly EventView[]): Told {
  const [first, last] = [events[0], events.at(-1)];
  const begins = events.some(
    ({ code }) => code === 'group.disarm-begun' || code === 'host.maintenance-begun',
  );
  const ends = events.some(({ code }) => code === 'group.disarm-ended' || code === 'host.maintenance-ended');
  const isPause = begins || ends;
  const host = first === undefined ? null : fact(first, 'host');
  const title = !isPause
    ? 'The group was changed'
    : host === null
      ? `The group ${ends ? 'was' : 'is'} disarmed`
      : `${host} ${ends ? 'was' : 'is'} in maintenance`;
  return {
    kind: isPause ? 'maintenance' : 'change',
    word: isPause && !ends ? 'paused' : 'protected',
    title: first?.vm === undefined ? title : `${first.vm} has another policy`,
    cause: 'An administrator asked for it.',
    decision: null,
    outcome: last?.text ?? '',
    needs: null,
    vms: [],
    isOver: !isPause || ends,
  };
}

/** Something that a host complained about, on its own. */
export function troubleStory(events: readonly EventView[]): Told {
  const [first, last] = [events[0], events.at(-1)];
  const isProtection =
    first?.code.startsWith('keeper.') === true || first?.code.startsWith('watchdog.') === true;
  const isBack = last?.code.endsWith('.connected') === true;
  return {
    kind: isProtection ? 'protection' : 'other',
    word: isBack ? 'protected' : events.some(({ level }) => level === 'alarm') ? 'not-protected' : 'at-risk',
    title: first?.text ?? '',
    cause: first?.text ?? '',
    decision: null,
    outcome: isBack
      ? last.text
      : events.length > 1
        ? `${last?.text ?? ''} (${events.length} times)`
        : 'It was written down.',
    needs: null,
    vms: [],
    isOver: true,
  };
}
