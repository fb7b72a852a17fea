import { Database } from 'lucide-react';
import type { LiveGroup, LiveHost, LiveLink } from '../store/live.ts';
import { linkWords, milliseconds, percent } from '../text/en.ts';
import { StatusMark } from '../ui/StatusMark.tsx';
import { HostCard } from './HostCard.tsx';
import { Ring } from './Ring.tsx';

/** The state of a path is that of its worse direction: a failover counts on both. */
function pathWords(link: LiveLink) {
  const ends = link.ends.map((end) => ({ end, ...linkWords(end) }));
  const order = ['at-risk', 'not-known', 'protected'];
  return ends.toSorted((a, b) => order.indexOf(a.word) - order.indexOf(b.word))[0];
}

function Path({ link }: { readonly link: LiveLink }) {
  const worst = pathWords(link);
  const word = worst?.word ?? 'not-known';
  const fresh = link.ends.filter((end) => end.fresh);
  const rtts = fresh.flatMap((end) => end.rttMs ?? []);
  const losses = fresh.flatMap((end) => end.loss ?? []);
  const heard = rtts.length > 0 && word !== 'not-known' && worst?.end.state !== 'down';
  const loss = percent(losses.length === 0 ? null : Math.max(...losses));
  return (
    <li className={`path path-${word}`}>
      <span className="path-name">
        <StatusMark word={word} />
        {`Link ${link.link + 1}`}
        {word === 'protected' ? '' : `: ${worst?.label ?? 'Not known'}`}
      </span>
      <span className="path-line" aria-hidden="true" />
      <span className="path-figures">
        {heard ? `${milliseconds(Math.max(...rtts))} round trip` : 'nothing heard'}
        <br />
        {`${loss} lost`}
      </span>
    </li>
  );
}

function StoreEnd({ host, side }: { readonly host: LiveHost; readonly side: string }) {
  const { report } = host;
  const known = report?.fresh === true && report.store.reachable !== null;
  const reachable = known && report.store.reachable === true;
  const word = known ? (reachable ? 'protected' : 'not-protected') : 'not-known';
  const state = known ? (reachable ? 'reaches it' : 'does not reach it') : 'not known';
  return (
    <div className={`store-end store-end-${side} store-end-${word}`}>
      <span className="store-state">
        <StatusMark word={word} />
        <span>
          <strong>{host.name}</strong> {state}
        </span>
      </span>
      <span className="store-figures">
        {reachable
          ? `lease write ${milliseconds(report.store.renewP50Ms)}, worst ${milliseconds(report.store.renewMaxMs)}`
          : known
            ? (report.store.error ?? '')
            : ''}
      </span>
    </div>
  );
}

function Store({ group }: { readonly group: LiveGroup }) {
  const path = group.hosts.find(({ report }) => report !== null)?.report?.store.path ?? null;
  const pair = group.hosts.length === 2;
  return (
    <div className={pair ? 'store store-pair' : 'store'}>
      <div className="store-name">
        <Database aria-hidden="true" />
        <span>Store</span>
        {path === null ? null : (
          <span className="store-path" title={path}>
            {path}
          </span>
        )}
      </div>
      {group.hosts.map((host, index) => (
        <StoreEnd key={host.name} host={host} side={index === 0 ? 'first' : 'other'} />
      ))}
    </div>
  );
}

/** The group as a picture: hosts with what runs on them, the links between, the store below. */
export function Stage({ group }: { readonly group: LiveGroup }) {
  const [first, second] = group.hosts;
  const pair = group.hosts.length === 2 && first !== undefined && second !== undefined;
  return (
    <section className="stage" aria-label="Hosts, links and store">
      {pair ? (
        <div className="stage-pair">
          <HostCard group={group} host={first} />
          <ul className="paths" aria-label={`Links between ${first.name} and ${second.name}`}>
            {group.links.map((link) => (
              <Path key={link.key} link={link} />
            ))}
            {group.links.length === 0 ? <li className="path path-not-known">No link is known yet</li> : null}
          </ul>
          <HostCard group={group} host={second} />
        </div>
      ) : (
        <div className="stage-many">
          {group.hosts.map((host) => (
            <HostCard key={host.name} group={group} host={host} />
          ))}
        </div>
      )}
      {pair ? null : <Ring group={group} />}
      <Store group={group} />
    </section>
  );
}
