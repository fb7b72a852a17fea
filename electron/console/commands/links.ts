import { DEFAULT_PORT } from '../../backend/group/plan.ts';
import type { Arguments } from '../command.ts';

export const linkOptions = {
  port: { type: 'string' },
  link: { type: 'string', multiple: true },
} as const;

/** UDP port of the heartbeats. */
export function heartbeatPort(args: Arguments): number {
  return args.number('port', DEFAULT_PORT, 1, 65_535);
}

/** `--link HOST=ADDRESS[,ADDRESS]`: the addresses of a host, one a link. A host that is not named gets its default. */
export function linkAddresses(args: Arguments): ReadonlyMap<string, readonly string[]> {
  return new Map(
    args.texts('link').map((text) => {
      const [host = '', addresses = ''] = text.split('=');
      if (host !== '' && addresses !== '') return [host, addresses.split(',')];
      throw args.wrong(`--link must look like HOST=ADDRESS[,ADDRESS], not ${text}`, 'link');
    }),
  );
}
