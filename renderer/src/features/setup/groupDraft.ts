import type { GroupDraft, SetupHost } from '../../../../electron/ipc/setup/views.ts';

type Links = GroupDraft['links'];

/** Every host has an entry with the same number of links; a first link goes over the address that SSH takes. */
export function filled(draft: GroupDraft, hosts: readonly SetupHost[]): GroupDraft {
  const count = Math.max(1, ...draft.links.map(({ addresses }) => addresses.length));
  const links = hosts.map((host) => {
    const own = draft.links.find((each) => each.host === host.name)?.addresses ?? [];
    const usual = host.addresses.includes(host.address) ? host.address : (host.addresses[0] ?? '');
    return {
      host: host.name,
      addresses: Array.from({ length: count }, (_, link) => own[link] ?? (link === 0 ? usual : '')),
    };
  });
  return { ...draft, links };
}

export function withLink(
  { links }: { readonly links: Links },
  host: string,
  link: number,
  address: string,
): Links {
  const own = links.find((each) => each.host === host)?.addresses ?? [];
  const addresses = Array.from({ length: Math.max(own.length, link + 1) }, (_, at) =>
    at === link ? address : (own[at] ?? ''),
  );
  const known = links.some((each) => each.host === host);
  return known
    ? links.map((each) => (each.host === host ? { host, addresses } : each))
    : [...links, { host, addresses }];
}

export const withoutLink = ({ links }: { readonly links: Links }, link: number): Links =>
  links.map(({ host, addresses }) => ({ host, addresses: addresses.filter((_, at) => at !== link) }));

/** What keeps the group from being made; `first` is said beside the button. */
export function wrongsOfDraft(
  draft: GroupDraft,
  hosts: readonly SetupHost[],
): { readonly name: string | null; readonly first: string | null } {
  const name = draft.name.trim();
  const wrongName =
    name === '' ? 'Give the group a name.' : name.length > 64 ? 'A name has at most 64 characters.' : null;
  const open = draft.links.find(({ addresses }) => addresses.includes(''));
  const gone = hosts.find((host) =>
    draft.links.some(
      (link) => link.host === host.name && link.addresses.some((each) => !host.addresses.includes(each)),
    ),
  );
  const twice = draft.links.find(({ addresses }) => new Set(addresses).size !== addresses.length);
  const wrongLinks =
    open !== undefined
      ? `Choose an address of ${open.host} for every link.`
      : gone !== undefined
        ? `${gone.name} no longer has one of the addresses that are chosen.`
        : twice === undefined
          ? null
          : `${twice.host} has the same address in two links. Each link needs one of its own.`;
  return { name: wrongName, first: wrongName ?? wrongLinks };
}
