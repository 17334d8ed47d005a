// Which account of an app is connected, as the app itself says it. The page waits for no app: what is not
// told yet, or not at all, is said quietly.

import { AppLink } from '../../components/app_link';
import { useAccount } from '../../state/queries';
import { t } from '../../texts';

export function Account({ connector }: { connector: string }) {
  const texts = t().connections;
  const { data, failure, loading } = useAccount(connector);
  const account = data?.account;
  const ended = data !== undefined || (failure !== undefined && !loading);
  return (
    <>
      <dt>{texts.account}</dt>
      <dd>
        {account
          ? <><AppLink href={account.url ?? undefined}>{account.name}</AppLink>{account.user && <span class="soft"> {texts.asUser(account.user)}</span>}</>
          : <span class="soft">{ended ? texts.notTold : texts.asking}</span>}
      </dd>
    </>
  );
}
