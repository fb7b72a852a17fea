import { routeHash } from '../store/route.ts';

/** Where VMs would stand: how to protect the first. */
export function NoVms({ groupId }: { readonly groupId: string }) {
  return (
    <>
      {'No VM is protected yet. '}
      <a href={routeHash({ page: 'setup', groupId, item: 'vms' })}>Choose VMs to protect</a>
    </>
  );
}
