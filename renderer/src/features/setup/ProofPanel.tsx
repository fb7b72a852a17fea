import type { ProfileName } from '../../../../agent/protocol/timing.ts';
import type {
  LatencyView,
  ProfileView,
  SetupView,
  StoreProof,
} from '../../../../electron/ipc/setup/views.ts';
import { milliseconds } from '../../text/en.ts';
import { latencyWords, profileTitles, proofWords, seconds } from '../../text/setup.ts';
import { Explain } from '../../ui/Explain.tsx';
import { Histogram } from '../../ui/Histogram.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { RadioCards } from '../../ui/RadioCards.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { typeDraft } from './setupActions.ts';
import { useSetup } from './setupStore.ts';

/** A quarter of what a host may be without its store: four slow writes in a row must fit into it. */
const SLOW_SHARE = 0.25;

function HostLatency({ latency, slowMs }: { readonly latency: LatencyView; readonly slowMs: number }) {
  return (
    <figure className="latency">
      <figcaption>
        <h3>{latency.host}</h3>
        <dl>
          <div>
            <dt>half below</dt>
            <dd>{milliseconds(latency.p50Ms)}</dd>
          </div>
          <div>
            <dt>99 of 100 below</dt>
            <dd>{milliseconds(latency.p99Ms)}</dd>
          </div>
          <div>
            <dt>slowest</dt>
            <dd>{milliseconds(latency.maxMs)}</dd>
          </div>
        </dl>
      </figcaption>
      <Histogram
        bins={latency.histogram}
        label={`${latency.host}: ${latencyWords(latency)}`}
        slowMs={slowMs}
      />
    </figure>
  );
}

function ProfileFigures({ profile }: { readonly profile: ProfileView }) {
  return (
    <>
      <span className="profile-figures">
        <span>
          <strong>{seconds(profile.takeoverMs)}</strong>
          after a host dies, its VMs begin to start elsewhere
        </span>
        <span>
          <strong>{seconds(profile.loseAfterMs)}</strong>
          without the store, and a host stops its VMs
        </span>
      </span>
      {profile.softwareTakeoverMs === null ? null : (
        <span className="card-line">{`Without a hardware watchdog: ${seconds(profile.softwareTakeoverMs)}.`}</span>
      )}
      <span className="card-line">{profile.sentence}</span>
    </>
  );
}

/** What the proof saw, how fast the store is, and the timing that follows from it, in seconds. */
export function ProofPanel({ setup, proof }: { readonly setup: SetupView; readonly proof: StoreProof }) {
  const typed = useSetup(({ draft }) => draft?.profile);
  const recommended = proof.profiles.find((profile) => profile.recommended)?.name ?? null;
  const chosen: ProfileName | null = (typed === undefined ? setup.draft.profile : typed) ?? recommended;
  const timing = proof.profiles.find(({ name }) => name === chosen) ?? proof.profiles[0];
  const slowMs = (timing?.loseAfterMs ?? 8_000) * SLOW_SHARE;
  return (
    <>
      <Panel title="Proven" aside={proof.path}>
        <div className="form panel-body">
          <p className="check">
            <StatusMark word="protected" />
            <span>{proofWords(proof)}</span>
          </p>
          {proof.latencies.length === 0 ? null : (
            <>
              <p className="quiet">How long single small writes took, in milliseconds:</p>
              <div className="latencies">
                {proof.latencies.map((latency) => (
                  <HostLatency key={latency.host} latency={latency} slowMs={slowMs} />
                ))}
              </div>
            </>
          )}
        </div>
      </Panel>
      <Panel title="How quickly to act">
        <div className="form panel-body">
          <RadioCards
            legend="Timing"
            value={chosen}
            onChange={(profile) => typeDraft(setup.draft, { profile })}
            columns={3}
            cards={proof.profiles.map((profile) => ({
              value: profile.name,
              title: (
                <>
                  {profileTitles[profile.name]}
                  {profile.recommended ? <span className="tag">Recommended</span> : null}
                </>
              ),
              text: <ProfileFigures profile={profile} />,
              off: setup.group === null ? profile.refused : 'Change it in Settings: the group exists.',
            }))}
          />
          <Explain question="Why not simply the fastest?">
            <p>
              A host that can&apos;t reach the store for the second figure must stop its VMs, because another
              host might start them. A restart of your NAS, a switch that thinks for some seconds, a backup
              that keeps the disks busy: a slower timing rides them out. A faster one gets your VMs back
              sooner after a real failure. It can be changed later.
            </p>
          </Explain>
        </div>
      </Panel>
    </>
  );
}
